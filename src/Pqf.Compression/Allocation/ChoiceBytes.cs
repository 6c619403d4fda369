using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Pqf.Compression.Allocation;

/// <summary>Choices as a message between ranks of one program.</summary>
static class ChoiceBytes
{
    const int Numbers = 5;

    /// <summary>The message: eight bytes for each number.</summary>
    public static byte[] Of(ImmutableArray<LayerChoice> choices)
    {
        double[] numbers = [.. choices.SelectMany(choice => (double[])[choice.D, choice.K, choice.Bits, choice.Error, choice.Effect])];
        return MemoryMarshal.AsBytes(numbers.AsSpan()).ToArray();
    }

    /// <summary>Reads a message.</summary>
    public static ImmutableArray<LayerChoice> Read(byte[] message) =>
        [
            .. MemoryMarshal
                .Cast<byte, double>(message)
                .ToArray()
                .Chunk(Numbers)
                .Select(own => new LayerChoice((int)own[0], (int)own[1], (long)own[2], own[3]) { Effect = own[4] }),
        ];
}
