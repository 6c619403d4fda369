using ILGPU;
using Pqf.Tensors.Ops.Convolution.Gathered;

namespace Pqf.Tensors.Ops.Products;

/// <summary>An operand of a product, read in panels: items (rows of the left, columns of the right one) by terms.</summary>
interface ITileOperand
{
    /// <summary>Whether neighbours in memory are terms of one item; otherwise they are items of one term.</summary>
    static abstract bool IsAlongTerms { get; }

    /// <summary>Where an item begins; valid for items beyond the last.</summary>
    Place Locate(int item, int group);

    /// <summary>Four neighbours in memory; zeros beyond the last term or item.</summary>
    Quad Load<TAccess>(Place place, int term)
        where TAccess : struct, IQuadAccess;
}

/// <summary>Items gathered from an image under a convolution's taps; or the rows of a matrix.</summary>
readonly struct GatheredRows(ArrayView<float> x, TapRuns runs) : ITileOperand
{
    public static bool IsAlongTerms => true;

    public Place Locate(int item, int group) => runs.Locate(item, group);

    public Quad Load<TAccess>(Place place, int term)
        where TAccess : struct, IQuadAccess
    {
        var tap = runs.Seek(place, term);
        if (TAccess.IsWhole)
            return runs.HasColumn(tap.X) ? TAccess.Load(x, tap.Row + tap.X, 4) : default;
        return new(Single(tap, 0), After(place, term, tap, 1), After(place, term, tap, 2), After(place, term, tap, 3));
    }

    float After(Place place, int term, Tap tap, int steps) =>
        tap.Left > steps ? Single(tap, steps) : Single(runs.Seek(place, term + steps), 0);

    float Single(Tap tap, int steps) => runs.HasColumn(tap.X + steps) ? x[tap.Row + tap.X + steps] : 0f;
}

/// <summary>A matrix with one row of items for each term: [terms, items], the items of several groups side by side.</summary>
readonly struct TermRows(ArrayView<float> x, int terms, int items, int stride) : ITileOperand
{
    public static bool IsAlongTerms => false;

    // X: how many items are left from this one on.
    public Place Locate(int item, int group) => new((group * items) + item, 0, items - item);

    public Quad Load<TAccess>(Place place, int term)
        where TAccess : struct, IQuadAccess => term < terms && place.X > 0 ? TAccess.Load(x, (term * stride) + place.At, place.X) : default;
}
