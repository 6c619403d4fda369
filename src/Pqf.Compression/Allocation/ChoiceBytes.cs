using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Pqf.Nets.Weights;

namespace Pqf.Compression.Allocation;

/// <summary>Choices as a message between ranks of one program.</summary>
static class ChoiceBytes
{
    const int Numbers = 5;

    /// <summary>The message: eight bytes for each number. The first two are d and k, or 0 and the form of the values.</summary>
    public static byte[] Of(ImmutableArray<LayerChoice> choices)
    {
        double[] numbers = [.. choices.SelectMany(choice => (double[])[.. Form(choice.Form), choice.Bits, choice.Error, choice.Effect])];
        return MemoryMarshal.AsBytes(numbers.AsSpan()).ToArray();
    }

    /// <summary>Reads a message.</summary>
    public static ImmutableArray<LayerChoice> Read(byte[] message) =>
        [
            .. MemoryMarshal
                .Cast<byte, double>(message)
                .ToArray()
                .Chunk(Numbers)
                .Select(own => new LayerChoice(Form((int)own[0], (int)own[1]), (long)own[2], own[3]) { Effect = own[4] }),
        ];

    static double[] Form(LayerForm form) => form.Match<double[]>(codes => [codes.D, codes.K], values => [0, (int)values.Form]);

    static LayerForm Form(int d, int second) => d > 0 ? new LayerForm.Codes(d, second) : new LayerForm.Values((ValueForm)second);
}
