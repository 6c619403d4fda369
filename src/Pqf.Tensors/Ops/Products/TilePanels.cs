using ILGPU;
using Pqf.Tensors.Ops.Convolution.Gathered;

namespace Pqf.Tensors.Ops.Products;

static class TilePanels
{
    /// <summary>Terms of a panel: with them a work item moves one or two quads of each panel.</summary>
    public const int Terms = 8;
}

/// <summary>One operand's panels in shared memory, [buffer][term][items + 4], and this work item's share in filling them: one quad or
/// two.</summary>
/// <remarks>The 4 items more keep writes apart: without them those of four terms of one item would meet in a bank.</remarks>
readonly struct Panel<TAccess, TOperand>
    where TAccess : struct, IQuadAccess
    where TOperand : struct, ITileOperand
{
    readonly TOperand operand;
    readonly ArrayView<Quad> memory;
    readonly int width, groupSize, term, item;
    readonly Place place, secondPlace;

    public Panel(TOperand operand, ArrayView<Quad> memory, int width, int groupSize, int first, int group)
    {
        (this.operand, this.memory, this.width, this.groupSize) = (operand, memory, width, groupSize);
        int index = Group.IdxX;
        (term, item) = TOperand.IsAlongTerms ? (index % 2 * 4, index / 2) : (index / (width / 4), index % (width / 4) * 4);
        place = operand.Locate(first + item, group);
        secondPlace = TOperand.IsAlongTerms && HasSecond ? operand.Locate(first + item + SecondItem, group) : place;
    }

    bool HasSecond => width * TilePanels.Terms / 4 > groupSize;

    // Where the second quad is, after the first.
    int SecondItem => TOperand.IsAlongTerms ? groupSize / 2 : 0;

    int SecondTerm => TOperand.IsAlongTerms ? 0 : groupSize / (width / 4);

    /// <summary>Reads this work item's share of a panel.</summary>
    public Strip Fetch(int firstTerm) => new(
        operand.Load<TAccess>(place, firstTerm + term),
        HasSecond ? operand.Load<TAccess>(secondPlace, firstTerm + term + SecondTerm) : default);

    /// <summary>Writes it to one of the two buffers.</summary>
    public void Put(int buffer, Strip share)
    {
        int row = (buffer * TilePanels.Terms) + term;
        Put(row, item, share.Near);
        if (HasSecond)
            Put(row + SecondTerm, item + SecondItem, share.Far);
    }

    void Put(int row, int at, Quad values)
    {
        int stride = width + 4;
        if (!TOperand.IsAlongTerms)
        {
            Write(memory, ((row * stride) + at) / 4, values);
            return;
        }

        var singles = memory.Cast<float>();
        singles[(row * stride) + at] = values.X;
        singles[((row + 1) * stride) + at] = values.Y;
        singles[((row + 2) * stride) + at] = values.Z;
        singles[((row + 3) * stride) + at] = values.W;
    }

    static void Write(ArrayView<Quad> view, int at, Quad values) => view[at] = values;
}

/// <summary>Two quads: a row of a work item's tile.</summary>
readonly struct Strip(Quad near, Quad far)
{
    public readonly Quad Near = near;
    public readonly Quad Far = far;

    public Strip MultiplyAdd(float a, Quad near, Quad far) => new(Near.MultiplyAdd(a, near), Far.MultiplyAdd(a, far));
}

/// <summary>A work item's tile: 8 rows of 8 columns.</summary>
readonly struct Registers(Strip r0, Strip r1, Strip r2, Strip r3, Strip r4, Strip r5, Strip r6, Strip r7)
{
    public readonly Strip R0 = r0;
    public readonly Strip R1 = r1;
    public readonly Strip R2 = r2;
    public readonly Strip R3 = r3;
    public readonly Strip R4 = r4;
    public readonly Strip R5 = r5;
    public readonly Strip R6 = r6;
    public readonly Strip R7 = r7;

    /// <summary>Adds one term: a column of the left operand by a row of the right one.</summary>
    public Registers MultiplyAdd(Quad upper, Quad lower, Quad near, Quad far) => new(
        R0.MultiplyAdd(upper.X, near, far),
        R1.MultiplyAdd(upper.Y, near, far),
        R2.MultiplyAdd(upper.Z, near, far),
        R3.MultiplyAdd(upper.W, near, far),
        R4.MultiplyAdd(lower.X, near, far),
        R5.MultiplyAdd(lower.Y, near, far),
        R6.MultiplyAdd(lower.Z, near, far),
        R7.MultiplyAdd(lower.W, near, far));
}
