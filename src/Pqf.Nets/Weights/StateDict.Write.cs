using System.Runtime.InteropServices;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Nets.Weights;

public static partial class StateDict
{
    /// <summary>All tensors of a network, dense, in PyTorch's order: quantised weights decoded, four vectors for each norm and, unless it
    /// is frozen, <c>num_batches_tracked</c>.</summary>
    /// <returns>Tensors that read their values when they are written, while the parameters live.</returns>
    public static IEnumerable<StoredTensor> Dense(Graph graph, Parameters parameters)
    {
        foreach (var spec in ParameterSpecs.Of(graph))
        {
            yield return Singles(spec.Name, parameters[spec.Name]);
            if (spec.Role == ParameterRole.RunningVar && !spec.IsFrozen)
                yield return StoredTensor.FromValues($"{spec.Layer}.num_batches_tracked", DType.I64, [], [0L]);
        }
    }

    /// <summary>
    /// The published compressed form: codes as bytes, or as shorts when k exceeds 256, codebooks in half precision, norms folded into two
    /// vectors, everything else
    /// in single precision.
    /// </summary>
    /// <returns>In graph order; tensors that read their values when they are written, while the parameters live.</returns>
    /// <remarks>The folded norms belong to the scope that is innermost when the first tensor is asked for.</remarks>
    public static IEnumerable<StoredTensor> Published(Graph graph, Parameters parameters)
    {
        var folded = Norms.Fold(graph, parameters);
        return ParameterSpecs
            .Of(graph)
            .Where(spec => spec.Role is not (ParameterRole.RunningMean or ParameterRole.RunningVar))
            .SelectMany(spec =>
                folded[spec.Name]
                    .Match<IEnumerable<StoredTensor>>(
                        dense => Stored(spec.Name, dense),
                        quantised =>
                            [Codes($"{spec.Layer}.codes_matrix", quantised, DType.I16), .. Codebook($"{spec.Layer}.codebook", quantised)]
                    )
            );
    }

    static StoredTensor Singles(string name, Weight weight) =>
        new(
            name,
            DType.F32,
            weight.Shape,
            bytes =>
            {
                using var scope = weight.Tensors().First().Device.BeginScope();
                weight.Decode().CopyTo(MemoryMarshal.Cast<byte, float>(bytes));
            }
        );

    /// <summary>A layer's codes, [rows, m].</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="weight">The layer's weight.</param>
    /// <param name="wide">Type of 16 bits for codes that bytes cannot hold.</param>
    internal static StoredTensor Codes(string name, Weight.Quantised weight, DType wide) =>
        new(
            name,
            weight.K > 256 ? wide : DType.U8,
            weight.Codes.Shape,
            bytes =>
            {
                if (weight.K > 256)
                {
                    weight.Codes.CopyTo(MemoryMarshal.Cast<byte, ushort>(bytes));
                    return;
                }

                var codes = weight.Codes.OnHost();
                for (int i = 0; i < codes.Length; i++)
                    bytes[i] = (byte)codes[i];
            }
        );

    /// <summary>A layer's codebook [k, d], in its form.</summary>
    public static StoredTensor[] Codebook(string name, Weight.Quantised weight) => weight.CodebookForm.Stored(name, weight.Codebook, 1);

    /// <summary>A dense weight, in its form.</summary>
    public static StoredTensor[] Stored(string name, Weight.Dense weight) => weight.Form.Stored(name, weight.Value, weight.RowCount);

    internal static void WriteSingles(Tensor<float> values, Span<byte> bytes) => values.CopyTo(MemoryMarshal.Cast<byte, float>(bytes));

    internal static void WriteHalves(Tensor<float> values, Span<byte> bytes)
    {
        var singles = values.OnHost();
        var halves = MemoryMarshal.Cast<byte, Half>(bytes);
        for (int i = 0; i < singles.Length; i++)
            halves[i] = (Half)singles[i];
    }
}
