using System.Numerics;

namespace Pqf.Nets.Masks;

/// <summary>Where runs of pixels end, in columns from left to right: an even number of ends at one pixel are none.</summary>
/// <param name="first">The least pixel, counted down the columns.</param>
/// <param name="count">Pixels from there to the greatest, that one included.</param>
/// <remarks>A list while there are few; a bit for each pixel from there on, so that memory follows the image, not the
/// outline.</remarks>
sealed class RunEnds(int first, int count)
{
    const int BitsPerWord = 64,
        FewEnds = 4096;

    readonly List<int> listed = [];
    ulong[]? odd;

    /// <summary>One end more.</summary>
    public void Add(int pixel)
    {
        if (odd is not null)
        {
            Toggle(pixel);
            return;
        }

        listed.Add(pixel);
        if (listed.Count <= Math.Max(FewEnds, count / BitsPerWord))
            return;
        odd = new ulong[(count / BitsPerWord) + 1];
        listed.ForEach(Toggle);
    }

    /// <summary>The ends in order; those listed twice may still be there twice.</summary>
    public List<int> Sorted()
    {
        if (odd is null)
        {
            listed.Sort();
            return listed;
        }

        var ends = new List<int>();
        for (int word = 0; word < odd.Length; word++)
        for (ulong bits = odd[word]; bits != 0; bits &= bits - 1)
            ends.Add(first + (word * BitsPerWord) + BitOperations.TrailingZeroCount(bits));
        return ends;
    }

    void Toggle(int pixel) => odd![(pixel - first) / BitsPerWord] ^= 1UL << ((pixel - first) % BitsPerWord);
}
