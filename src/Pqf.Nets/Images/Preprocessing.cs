using System.Collections.Immutable;
using Pqf.Tensors;

namespace Pqf.Nets.Images;

/// <summary>How a photograph becomes a network's input. Defaults are torchvision's for ImageNet.</summary>
public sealed record Preprocessing
{
    /// <summary>Most pixels of a side, resized or cropped: more than any network takes, few enough that a batch fits in memory.</summary>
    public const int MaxSide = 16_384;

    /// <summary>The shorter side is resized to this many pixels (bilinear, antialiased, in 8 bits).</summary>
    public int Resize { get; init; } = 256;

    /// <summary>Side of the square cut from the centre; its rows where it is none.</summary>
    public int Crop { get; init; } = 224;

    /// <summary>Columns that are cut, where they are not as many as the rows; null for a square.</summary>
    public int? Columns { get; init; }

    /// <summary>Subtracted from each channel, in units of 0 … 1.</summary>
    public ImmutableArray<float> Mean { get; init; } = [0.485f, 0.456f, 0.406f];

    /// <summary>Divides each channel.</summary>
    public ImmutableArray<float> Deviation { get; init; } = [0.229f, 0.224f, 0.225f];

    /// <summary>Channels: 3, or 1 for grey (ITU-R 601 luma, as Pillow's mode L).</summary>
    public int Channels => Mean.Length;

    /// <summary>Whether photographs can be the network's input: they are grey or have red, green and blue.</summary>
    public bool TakesPhotographs => Channels is 1 or 3;

    /// <summary>How images are prepared for a network whose file does not say: ImageNet's way. Channels that photographs do not have get
    /// ImageNet's average.</summary>
    /// <param name="channels">1 or more.</param>
    public static Preprocessing Of(int channels) =>
        channels switch
        {
            1 => Grey,
            3 => new(),
            _ => new()
            {
                Mean = [.. Enumerable.Repeat(Grey.Mean[0], channels)],
                Deviation = [.. Enumerable.Repeat(Grey.Deviation[0], channels)],
            },
        };

    // The average of ImageNet's three channels, as is customary for grey networks.
    static Preprocessing Grey { get; } = new() { Mean = [0.449f], Deviation = [0.226f] };

    /// <summary>Rows and columns of a network's input.</summary>
    internal Pair Size => new(Crop, Columns ?? Crop);

    /// <summary>[count, rows, columns, channels]: the shape of a network's input.</summary>
    public Shape InputShape(int count) => [count, Size.H, Size.W, Channels];
}
