namespace Pqf.Compression.Data;

/// <summary>How much is made before it is asked for.</summary>
/// <param name="GroupSize">Results that come together; the last group may have fewer. At least 1.</param>
/// <param name="ThreadCount">Threads that make results, at least 1.</param>
/// <param name="GroupCount">Groups that exist at the same time, the one in use among them. At least 1.</param>
public readonly record struct PrefetchOptions(int GroupSize, int ThreadCount, int GroupCount);

/// <summary>Makes things on threads of its own before they are asked for.</summary>
public static class Prefetch
{
    /// <summary>The results of a function, in order. Leaving the enumeration waits for those that were begun.</summary>
    /// <param name="count">Calls: with 0 … count − 1.</param>
    /// <param name="threadCount">Threads, and results that exist at the same time, the one in use among them. At least 1.</param>
    /// <param name="make">Called on several threads at once. What it throws is thrown where its result would have come.</param>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static IEnumerable<T> Make<T>(int count, int threadCount, Func<int, T> make, CancellationToken cancellationToken) =>
        Groups(count, new PrefetchOptions(1, threadCount, threadCount), make, cancellationToken).Select(group => group[0]);

    /// <summary>The results of a function, in order and in groups. Leaving the enumeration waits for those that were begun.</summary>
    /// <param name="count">Calls: with 0 … count − 1.</param>
    /// <param name="options">Sizes and threads.</param>
    /// <param name="make">As for <see cref="Make"/>. A call for group g comes after the caller has asked for group g + 1 −
    /// <see cref="PrefetchOptions.GroupCount"/>: memory of that many groups can be used in turn.</param>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static IEnumerable<T[]> Groups<T>(int count, PrefetchOptions options, Func<int, T> make, CancellationToken cancellationToken)
    {
        using var team = new Team<T>(count, options, make, cancellationToken);
        // The lock cannot be waited for and cancelled at once: cancelling wakes all who wait.
        using var wake = cancellationToken.UnsafeRegister(_ => team.Wake(), null);
        for (int group = 0; group < team.Count; group++)
        {
            yield return team.Take(group);
            team.GiveBack(group);
        }
    }

    /// <summary>Threads that fill slots. Group g is made in slot g mod the number of slots once the group before it there was given back.
    /// All state is guarded by the lock on the slots.</summary>
    sealed class Team<T> : IDisposable
    {
        readonly int itemCount,
            groupSize;
        readonly Func<int, T> make;
        readonly CancellationToken cancellationToken;
        readonly Slot<T>[] slots;
        readonly Thread[] threads;
        int next,
            returned;
        bool isStopped;

        public Team(int itemCount, PrefetchOptions options, Func<int, T> make, CancellationToken cancellationToken)
        {
            (this.itemCount, this.make, this.cancellationToken) = (itemCount, make, cancellationToken);
            groupSize = options.GroupSize;
            Count = (itemCount + groupSize - 1) / groupSize;
            slots = [.. Enumerable.Range(0, Math.Min(options.GroupCount, Count)).Select(group => new Slot<T>(SizeOf(group)))];
            threads =
            [
                .. Enumerable
                    .Range(0, Math.Min(options.ThreadCount, itemCount))
                    .Select(_ => new Thread(Work) { IsBackground = true, Name = "prefetch" }),
            ];
            foreach (var thread in threads)
                thread.Start();
        }

        /// <summary>Groups in all.</summary>
        public int Count { get; }

        public void Wake()
        {
            lock (slots)
                Monitor.PulseAll(slots);
        }

        /// <summary>Waits for a group. Throws what the first of its calls that failed threw.</summary>
        public T[] Take(int group)
        {
            Slot<T> slot;
            lock (slots)
            {
                while (slots[group % slots.Length].Missing > 0 && !cancellationToken.IsCancellationRequested)
                    Monitor.Wait(slots);
                cancellationToken.ThrowIfCancellationRequested();
                slot = slots[group % slots.Length];
            }

            return [.. slot.Results.Select(task => task.GetAwaiter().GetResult())];
        }

        /// <summary>Makes a group's slot free.</summary>
        public void GiveBack(int group)
        {
            lock (slots)
            {
                returned = group + 1;
                if (group + slots.Length < Count)
                    slots[group % slots.Length] = new(SizeOf(group + slots.Length));
                Monitor.PulseAll(slots);
            }
        }

        public void Dispose()
        {
            lock (slots)
            {
                isStopped = true;
                Monitor.PulseAll(slots);
            }

            foreach (var thread in threads)
                thread.Join();
        }

        int SizeOf(int group) => Math.Min(groupSize, itemCount - (group * groupSize));

        void Work()
        {
            while (Reserve() is var item and >= 0)
            {
                // A task keeps what the call throws for the thread that takes the group.
                var task = new Task<T>(() => make(item));
                task.RunSynchronously(TaskScheduler.Default);
                Finish(item, task);
            }
        }

        /// <summary>The next item to make, once its group has a slot; −1 when there is none.</summary>
        int Reserve()
        {
            lock (slots)
            {
                while (next < itemCount && (next / groupSize) - returned >= slots.Length && !IsOver)
                    Monitor.Wait(slots);
                return next < itemCount && !IsOver ? next++ : -1;
            }
        }

        bool IsOver => isStopped || cancellationToken.IsCancellationRequested;

        void Finish(int item, Task<T> task)
        {
            lock (slots)
            {
                var slot = slots[item / groupSize % slots.Length];
                slot.Results[item % groupSize] = task;
                if (--slot.Missing == 0)
                    Monitor.PulseAll(slots);
            }
        }
    }

    /// <summary>The results of one group and how many are still to come.</summary>
    sealed class Slot<T>(int size)
    {
        public Task<T>[] Results { get; } = new Task<T>[size];

        public int Missing { get; set; } = size;
    }
}
