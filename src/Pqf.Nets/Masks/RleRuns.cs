namespace Pqf.Nets.Masks;

/// <summary>Collects runs in order; neighbours of one value become one run.</summary>
readonly struct RunList(int capacity)
{
    // Even places hold zeros, odd ones ones.
    readonly List<int> counts = new(capacity + 1) { 0 };

    /// <summary>Appends a run.</summary>
    public void Add(bool value, int length)
    {
        if (length == 0)
            return;
        if (value == ((counts.Count & 1) == 0))
            counts[^1] += length;
        else
            counts.Add(length);
    }

    public int[] ToArray() => [.. counts];
}

/// <summary>Builds a mask from the ones of its columns, left to right and from the top.</summary>
sealed class RleBuilder(int height, int width)
{
    readonly RunList runs = new(16);
    int end;

    /// <summary>Appends ones.</summary>
    /// <param name="x">Column.</param>
    /// <param name="from">First row.</param>
    /// <param name="to">One past the last row.</param>
    public void Add(int x, int from, int to)
    {
        runs.Add(false, (x * height) + from - end);
        runs.Add(true, to - from);
        end = (x * height) + to;
    }

    public Rle ToRle()
    {
        runs.Add(false, (height * width) - end);
        return Rle.OfRuns(height, width, runs.ToArray());
    }
}

/// <summary>The ones of a mask, column by column: column, first row, one past the last row.</summary>
ref struct RleSegments(ReadOnlySpan<int> counts, int height)
{
    readonly ReadOnlySpan<int> counts = counts;
    int next;
    int at;
    int left;

    public (int X, int From, int To) Current { get; private set; }

    public readonly RleSegments GetEnumerator() => this;

    public bool MoveNext()
    {
        while (left == 0)
        {
            if (next + 1 >= counts.Length)
                return false;
            at += counts[next];
            left = counts[next + 1];
            next += 2;
        }

        int from = at % height,
            length = Math.Min(left, height - from);
        Current = (at / height, from, from + length);
        at += length;
        left -= length;
        return true;
    }
}
