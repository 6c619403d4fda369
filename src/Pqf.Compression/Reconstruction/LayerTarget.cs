using System.Collections.Immutable;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Products;

namespace Pqf.Compression.Reconstruction;

/// <summary>What one layer's rows should be, from the second moments of its inputs and of the outputs wanted.</summary>
static unsafe class LayerTarget
{
    /// <summary>The metric of a layer.</summary>
    /// <param name="host">Where to compute; new tensors belong to its innermost scope.</param>
    /// <param name="weight">[R, D]: the dense rows.</param>
    /// <param name="rowWeights">[R].</param>
    /// <param name="seen">Moments of every part of the weight.</param>
    /// <param name="heldBack">Those of photographs held back, in the same order; null for no correction.</param>
    /// <param name="options">Damping and corrections.</param>
    /// <returns>The metric, and the correction chosen; null for none.</returns>
    public static (LayerMetric Metric, float? Correction) Of(
        HostDevice host,
        Tensor<float> weight,
        ImmutableArray<float> rowWeights,
        ImmutableArray<PartMoments> seen,
        ImmutableArray<PartMoments>? heldBack,
        ReconstructionOptions options
    )
    {
        float? correction = heldBack is { } held ? Choose(host, weight, rowWeights, seen, held, options) : null;
        if (heldBack is { } more)
            foreach (var (all, other) in seen.Zip(more))
                all.Moments.Add(other.Moments);
        var wanted = correction is { } strength ? Corrected(host, weight, seen, strength) : weight;
        ImmutableArray<MetricPart> parts =
        [
            .. seen.Select(part => new MetricPart(
                part.FirstRow,
                part.Moments.RowCount,
                part.FirstColumn,
                Damped(host, part.Moments, options.Damping)
            )),
        ];
        return (new(wanted, rowWeights, parts), correction);
    }

    /// <summary>The correction of least error on photographs held back; null if the dense rows have less.</summary>
    static float? Choose(
        HostDevice host,
        Tensor<float> weight,
        ImmutableArray<float> rowWeights,
        ImmutableArray<PartMoments> seen,
        ImmutableArray<PartMoments> heldBack,
        ReconstructionOptions options
    )
    {
        (float? Correction, double Error) best = (null, Error(host, weight, rowWeights, heldBack));
        foreach (float correction in options.Corrections)
        {
            using var scope = host.BeginScope();
            double error = Error(host, Corrected(host, weight, seen, correction), rowWeights, heldBack);
            if (error < best.Error)
                best = (correction, error);
        }

        return best.Correction;
    }

    /// <summary>Rows that give the wanted outputs on these inputs, held to the dense rows: (C + λ W)(H + λ)⁻¹. Every part has all
    /// columns.</summary>
    static Tensor<float> Corrected(HostDevice host, Tensor<float> weight, ImmutableArray<PartMoments> seen, float strength)
    {
        var result = Tensor<float>.Rent(host, weight.Shape);
        int columns = weight.Shape[1];
        foreach (var part in seen)
        {
            using var scope = host.BeginScope();
            var covariance = part.Moments.Covariance(host);
            float damping = strength * Diagonal(covariance);
            AddDiagonal(covariance, damping);
            var right = part.Moments.CrossCovariance(host);
            float* own = weight.Pointer + ((nint)part.FirstRow * columns),
                to = result.Pointer + ((nint)part.FirstRow * columns);
            for (int i = 0; i < right.Shape.Count; i++)
                right.Pointer[i] += damping * own[i];
            if (Cholesky.Factor(covariance))
                Cholesky.Solve(covariance, right);
            else
                new ReadOnlySpan<float>(own, right.Shape.Count).CopyTo(new Span<float>(right.Pointer, right.Shape.Count));
            new ReadOnlySpan<float>(right.Pointer, right.Shape.Count).CopyTo(new Span<float>(to, right.Shape.Count));
        }

        return result;
    }

    /// <summary>Mean squared error of rows' outputs, less what is the same for all rows: Σ s_r (w H wᵀ − 2 w cᵀ).</summary>
    static double Error(HostDevice host, Tensor<float> weight, ImmutableArray<float> rowWeights, ImmutableArray<PartMoments> moments)
    {
        int columns = weight.Shape[1];
        double total = 0;
        foreach (var part in moments)
        {
            using var scope = host.BeginScope();
            int rows = part.Moments.RowCount;
            var own = Rows.Part(weight, part.FirstRow, rows, 0, columns);
            var products = MatMul.Forward(own, part.Moments.Covariance(host));
            var cross = part.Moments.CrossCovariance(host);
            for (int r = 0, at = 0; r < rows; r++)
            {
                double sum = 0;
                for (int i = 0; i < columns; i++, at++)
                    sum += own.Pointer[at] * ((double)products.Pointer[at] - (2.0 * cross.Pointer[at]));
                total += rowWeights[part.FirstRow + r] * sum;
            }
        }

        return total;
    }

    static Tensor<float> Damped(HostDevice host, InputMoments moments, float damping)
    {
        var covariance = moments.Covariance(host);
        AddDiagonal(covariance, damping * Diagonal(covariance));
        return covariance;
    }

    static float Diagonal(Tensor<float> matrix)
    {
        int n = matrix.Shape[0];
        double sum = 0;
        for (int i = 0; i < n; i++)
            sum += matrix.Pointer[((nint)i * n) + i];
        return (float)(sum / n);
    }

    static void AddDiagonal(Tensor<float> matrix, float value)
    {
        int n = matrix.Shape[0];
        for (int i = 0; i < n; i++)
            matrix.Pointer[((nint)i * n) + i] += value;
    }
}
