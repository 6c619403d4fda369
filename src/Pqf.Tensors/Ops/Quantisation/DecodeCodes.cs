using System.Collections.Immutable;
using Pqf.Tensors.Devices;

namespace Pqf.Tensors.Ops.Quantisation;

/// <summary>Weights from codes and a codebook.</summary>
public static partial class DecodeCodes
{
    /// <summary>Block b of the weight is row codes[b] of the codebook.</summary>
    /// <param name="codebook">[k, d].</param>
    /// <param name="codes">[n] or [rows, m], each below k; the caller has checked them.</param>
    /// <param name="weight">The weight's shape: n · d values, blocks in row-major order.</param>
    /// <returns>A weight of that shape.</returns>
    /// <exception cref="ShapeException">n · d is not the weight's count.</exception>
    public static Tensor<float> Forward(Tensor<float> codebook, Tensor<ushort> codes, Shape weight)
    {
        Shapes.SameDevice("DecodeCodes", codebook.Device, codes);
        var w = Tensor<float>.Rent(codebook.Device, OutputShape(codebook.Shape, codes.Shape, weight));
        if (codebook.Device is HostDevice host)
            Host(host, codebook, codes, w);
        else
            Gpu((GpuDevice)codebook.Device, codebook, codes, w);
        return w;
    }

    /// <summary>Gradient of the codebook: each row sums the weight's gradient over the blocks of its code, in rising order.</summary>
    /// <param name="index">Of the codes given to <see cref="Forward"/>.</param>
    /// <param name="dWeight">n · d values.</param>
    /// <param name="d">Block length.</param>
    /// <returns>[k, d]; zeros for codes without blocks.</returns>
    /// <exception cref="ShapeException">n · d is not the gradient's count.</exception>
    public static Tensor<float> Pullback(CodeIndex index, Tensor<float> dWeight, int d)
    {
        OutputShape([index.K, d], index.Codes.Shape, dWeight.Shape);
        Shapes.SameDevice("DecodeCodes", dWeight.Device, index.Start);
        var dCodebook = Tensor<float>.Rent(dWeight.Device, [index.K, d]);
        if (dWeight.Device is HostDevice host)
            PullbackHost(host, index, dWeight, dCodebook);
        else
            PullbackGpu((GpuDevice)dWeight.Device, index, dWeight, dCodebook);
        return dCodebook;
    }

    /// <summary>The weight's shape, after a check that codes and codebook fill it.</summary>
    internal static Shape OutputShape(Shape codebook, Shape codes, Shape weight)
    {
        Shapes.Rank("DecodeCodes", "codebook [k, d]", codebook, 2);
        if (codes.Count * codebook[1] != weight.Count)
            throw new ShapeException(
                "DecodeCodes",
                $"expected codes for {weight.Count} values of {weight} in blocks of {codebook[1]}, got codes {codes}"
            );
        return weight;
    }

    /// <summary>The decoding as a tape records it; input codebook. Its gradient sums blocks by code.</summary>
    /// <param name="Index">Codes and their index, built once.</param>
    /// <param name="Weight">Shape of the weight.</param>
    public sealed record Function(CodeIndex Index, Shape Weight) : DifferentiableFunction
    {
        /// <inheritdoc/>
        public override string Name => "DecodeCodes";

        /// <inheritdoc/>
        public override Tensor<float> Forward(ForwardContext context) => DecodeCodes.Forward(context[0], Index.Codes, Weight);

        /// <inheritdoc/>
        public override ImmutableArray<Tensor<float>?> Pullback(PullbackContext context, Tensor<float> dy) =>
            [DecodeCodes.Pullback(Index, dy, context.ShapeOf(0)[1])];
    }
}
