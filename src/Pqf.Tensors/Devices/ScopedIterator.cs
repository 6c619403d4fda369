namespace Pqf.Tensors.Devices;

/// <summary>Runs an iterator in a scope of its own that is open only while the iterator runs.</summary>
static class ScopedIterator
{
    /// <summary>The values of an iterator whose tensors belong to a scope of its own.</summary>
    /// <param name="device">Where its tensors are.</param>
    /// <param name="values">Makes the values, given the scope. What the scope keeps goes to the scope that is innermost while that value is
    /// asked for.</param>
    /// <returns>The same values. Between them the scope is closed, and its tensors live; it ends with the last value, or when the caller
    /// stops asking.</returns>
    public static IEnumerable<T> Run<T>(Device device, Func<Scope, IEnumerable<T>> values)
    {
        var scope = device.BeginScope();
        try
        {
            using var enumerator = values(scope).GetEnumerator();
            while (enumerator.MoveNext())
            {
                scope.Suspend();
                try
                {
                    yield return enumerator.Current;
                }
                finally
                {
                    scope.Resume();
                }
            }
        }
        finally
        {
            scope.Dispose();
        }
    }
}
