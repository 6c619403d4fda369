using System.Diagnostics;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Quantisation;

namespace Pqf.Nets.Weights;

/// <summary>A layer's weight: dense, or product-quantised. Layers do not care which.</summary>
public abstract record Weight
{
    Weight() { }

    /// <summary>The dense shape, in PyTorch's order: OIHW, or [out, in], or [length].</summary>
    public abstract Shape Shape { get; }

    /// <summary>Every value stored.</summary>
    public sealed record Dense(Tensor<float> Value) : Weight
    {
        /// <summary>How files hold the values; in 8 bits with a scale for each element of the first axis.</summary>
        public ValueForm Form { get; init; }

        /// <inheritdoc/>
        public override Shape Shape => Value.Shape;
    }

    /// <summary>Row-major blocks of d values, each replaced by the number of a codebook row.</summary>
    /// <param name="Codebook">[k, d].</param>
    /// <param name="Codes">[rows, m], each below k.</param>
    /// <param name="DenseShape">The shape that decoding gives.</param>
    public sealed record Quantised(Tensor<float> Codebook, Tensor<ushort> Codes, Shape DenseShape) : Weight
    {
        /// <summary>Centroids.</summary>
        public int K => Codebook.Shape[0];

        /// <summary>Block length.</summary>
        public int D => Codebook.Shape[1];

        /// <summary>How files hold the codebook; in 8 bits with one scale.</summary>
        public ValueForm CodebookForm { get; init; } = ValueForm.Half;

        /// <inheritdoc/>
        public override Shape Shape => DenseShape;
    }

    /// <summary>Takes the branch of the case at hand.</summary>
    public T Match<T>(Func<Dense, T> dense, Func<Quantised, T> quantised) =>
        this switch
        {
            Dense weight => dense(weight),
            Quantised weight => quantised(weight),
            _ => throw new UnreachableException(),
        };

    /// <summary>The dense tensor: the stored one, or a decoded one in the innermost scope.</summary>
    public Tensor<float> Decode() =>
        Match(dense => dense.Value, quantised => DecodeCodes.Forward(quantised.Codebook, quantised.Codes, quantised.DenseShape));

    /// <summary>The weight as files give it back. New tensors belong to the innermost scope.</summary>
    public Weight AsStored() =>
        Match<Weight>(
            dense => dense.Form == ValueForm.Single ? dense : dense with { Value = dense.Form.Rounded(dense.Value, dense.RowCount) },
            quantised => quantised with { Codebook = quantised.CodebookForm.Rounded(quantised.Codebook, 1) }
        );

    /// <summary>Scales of values in 8 bits.</summary>
    internal int RowCount => Shape.Rank == 0 ? 1 : Shape[0];

    /// <summary>Whether files hold the weight in less than single precision.</summary>
    public bool IsCompressed => Match(dense => dense.Form != ValueForm.Single, _ => true);

    /// <summary>Bits of the weight as files hold it: codes of ⌈log₂k⌉ bits, and values in their form.</summary>
    public long SizeBits =>
        Match(
            dense => dense.Form.SizeBits(dense.Shape.Count, RowCount),
            quantised => Graphs.Cost.BitsOf(quantised.Codes.Shape.Count, quantised.K, quantised.D, quantised.CodebookForm)
        );

    /// <summary>All tensors behind the weight.</summary>
    public IEnumerable<ITensor> Tensors() =>
        Match<IEnumerable<ITensor>>(dense => [dense.Value], quantised => [quantised.Codebook, quantised.Codes]);
}
