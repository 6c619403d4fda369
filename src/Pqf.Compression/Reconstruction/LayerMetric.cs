using System.Collections.Immutable;
using Pqf.Tensors;

namespace Pqf.Compression.Reconstruction;

/// <summary>Rows and columns of a weight that see the same inputs, and those inputs' covariance: the metric in which their errors
/// count.</summary>
/// <param name="FirstRow">First of the rows.</param>
/// <param name="RowCount">How many.</param>
/// <param name="FirstColumn">First of the columns.</param>
/// <param name="Covariance">H [n, n] of the n columns, symmetric and positive definite, on the host.</param>
sealed record MetricPart(int FirstRow, int RowCount, int FirstColumn, Tensor<float> Covariance)
{
    /// <summary>n: whole blocks.</summary>
    public int Columns => Covariance.Shape[0];
}

/// <summary>What a layer's weight should be, and how errors in it count: Σ_r s_r (w_r − q_r) H (w_r − q_r)ᵀ.</summary>
/// <param name="Wanted">[R, D]: what the rows should be, on the host.</param>
/// <param name="RowWeights">[R]: s.</param>
/// <param name="Parts">Every value is in one part: one for each group of a convolution, and for each stretch of columns where there are too
/// many for one covariance; inputs of different stretches count as independent.</param>
sealed record LayerMetric(Tensor<float> Wanted, ImmutableArray<float> RowWeights, ImmutableArray<MetricPart> Parts)
{
    /// <summary>R.</summary>
    public int RowCount => Wanted.Shape[0];

    /// <summary>D.</summary>
    public int Columns => Wanted.Shape[1];
}
