using Pqf.Tensors.Ops.Elementwise;

namespace Pqf.Tensors.Ops.Products;

/// <summary>One register tile: c = clamp(a · b + c or bias or residual), with a [rows, K] and b [K, two vectors].</summary>
unsafe struct Tile
{
    public float* A;

    /// <summary>A panel [K][two vectors].</summary>
    public float* B;

    public float* C;

    /// <summary>Null for none.</summary>
    public float* Bias;

    /// <summary>Null for none; its rows are as far apart as C's.</summary>
    public float* Residual;

    public int RowsStride;

    /// <summary>Terms of the sum.</summary>
    public int K;

    /// <summary>After so many terms, A skips <see cref="Skip"/> floats.</summary>
    public int Run;

    public int Skip;

    /// <summary>Adds to what C holds.</summary>
    public bool Accumulate;

    /// <summary>Applied last.</summary>
    public Bounds Bounds;

    /// <summary>Fetched into the second-level cache meanwhile: after each run so many lines, <see cref="NextStride"/> floats
    /// apart.</summary>
    public int NextLines;

    public float* Next;

    public int NextStride;

    /// <summary>Stride from one run to the next.</summary>
    public int NextStep;
}
