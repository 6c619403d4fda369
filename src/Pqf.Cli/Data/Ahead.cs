namespace Pqf.Cli.Data;

/// <summary>Makes things on other threads before they are asked for.</summary>
static class Ahead
{
    /// <summary>The results of a function, in order; leaving the enumeration waits for those that were begun.</summary>
    /// <param name="count">Calls: with 0 … count − 1.</param>
    /// <param name="threadCount">Results that are made, or wait, while one is in use; at least 1.</param>
    /// <param name="make">Called on several threads at once, in no certain order; what it throws is thrown where its result would have
    /// come.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static IEnumerable<T> Make<T>(int count, int threadCount, Func<int, T> make, CancellationToken cancellationToken)
    {
        var begun = new Queue<Task<T>>();
        try
        {
            for (int next = 0; next < count || begun.Count > 0; )
            {
                while (next < count && begun.Count < threadCount)
                {
                    int index = next++;
                    begun.Enqueue(Task.Run(() => make(index), cancellationToken));
                }

                cancellationToken.ThrowIfCancellationRequested();
                yield return begun.Dequeue().GetAwaiter().GetResult();
            }
        }
        finally
        {
            Task.WhenAll(begun)
                .ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default)
                .GetAwaiter()
                .GetResult();
        }
    }
}
