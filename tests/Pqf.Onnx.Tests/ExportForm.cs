namespace Pqf.Onnx.Tests;

/// <summary>How exporters and optimisers write one and the same network.</summary>
sealed record ExportForm
{
    /// <summary>Norms: four vectors, behind a bias or not; gone into the layers before them, all or some; or a product and a sum.</summary>
    public enum NormForm
    {
        Kept,
        KeptAfterBias,
        Folded,
        SomeFolded,
        Products,
    }

    /// <summary>The linear layer.</summary>
    public enum HeadForm
    {
        Gemm,
        GemmOfColumns,
        MatMulAndAdd,
        MatMulOfTransposed,
    }

    /// <summary>The mean over all pixels.</summary>
    public enum PoolForm
    {
        Global,
        MeanOfAttribute,
        MeanOfInput,
        MeanToRows,
    }

    /// <summary>From pixels to rows.</summary>
    public enum RowsForm
    {
        Flatten,
        Reshape,
        ReshapeByShape,
        Squeeze,
    }

    /// <summary>Where a weight's values are.</summary>
    public enum WeightForm
    {
        Initialiser,
        Input,
        Constant,
        Copies,
        Half,
        External,
        Quantised,
        QuantisedChannels,
        QuantisedInTheGraph,
    }

    public NormForm Norms { get; init; }
    public HeadForm Head { get; init; }
    public PoolForm Pool { get; init; }
    public RowsForm Rows { get; init; }
    public WeightForm Weights { get; init; }

    /// <summary>Whether the shortcut comes first in sums.</summary>
    public bool SwapsSums { get; init; }

    /// <summary>Whether values between layers go through Identity, Dropout and Cast, and classes through Softmax.</summary>
    public bool IsPadded { get; init; }

    /// <summary>Whether values between layers go through QuantizeLinear and DequantizeLinear.</summary>
    public bool QuantisesValues { get; init; }

    /// <summary>Whether ReLU is Clip, sums are Sum, and padding is what keeps an image's size.</summary>
    public bool IsOtherwise { get; init; }

    /// <summary>Of the norms.</summary>
    public float Eps { get; init; } = 1e-5f;
}
