using Pqf.Compression.Model;
using Pqf.Nets.Architectures;
using Pqf.Tensors;

namespace Pqf.Compression.Reporting;

/// <summary>Name and size of a network.</summary>
/// <param name="Name">Such as <c>resnet20 of width 32</c>.</param>
/// <param name="Format">The kind of its file, or of network, for a person.</param>
/// <param name="ClassCount">Its classes; null for a network that does not classify.</param>
/// <param name="Height">Rows of its images; the length that the shorter side is resized to where <paramref name="IsAnySize"/>.</param>
/// <param name="Width">Columns of its images; as the height.</param>
/// <param name="Channels">1 for grey images, 3 for colour.</param>
/// <param name="IsAnySize">Whether it takes images of any size, and resizes them itself.</param>
/// <param name="SizeBits">Bits of its weights, codes, codebooks, biases and norms.</param>
/// <param name="DenseBits">Bits of the same network with all values in single precision.</param>
public sealed record NetworkSummary(
    string Name,
    string Format,
    int? ClassCount,
    int Height,
    int Width,
    int Channels,
    bool IsAnySize,
    long SizeBits,
    long DenseBits
)
{
    /// <summary>How many times smaller the network is than its dense form.</summary>
    public double Ratio => (double)DenseBits / SizeBits;

    /// <summary>Describes a network.</summary>
    /// <param name="model">The network.</param>
    /// <param name="format">Its kind, for a person.</param>
    public static NetworkSummary Of(PqfModel model, string format)
    {
        var (cost, shape) = (NetworkText.CostOf(model), NetworkText.InputShape(model));
        return new(
            NetworkText.NameText(model.Architecture),
            format,
            Networks.TaskOf(model.Architecture) == NetworkTask.Values ? null : model.Architecture.ClassCount,
            shape[1],
            shape[2],
            model.Preprocessing.Channels,
            Networks.FamilyOf(model.Architecture).InputSide is not null,
            cost.Bits,
            cost.DenseBits
        );
    }

    /// <summary>Describes a network that is in no file yet: <c>compressed</c>, <c>dense</c>.</summary>
    public static NetworkSummary Of(PqfModel model) => Of(model, model.Parameters.IsQuantised ? "compressed" : "dense");

    /// <summary>Describes a network as its file has it.</summary>
    public static NetworkSummary Of(Network network) => Of(network.Model, network.Format);

    string ChannelsText =>
        Channels switch
        {
            1 => "grey",
            3 => "colour",
            var other => $"{other} channels",
        };

    /// <summary>Two lines: which network, and its size.</summary>
    public IEnumerable<string> Lines()
    {
        string classes = ClassCount is { } count ? $"{count} {Plural.Word(count, "class", "classes")}, " : "",
            images = IsAnySize ? $"images of any size, resized to {Height} pixels" : $"images of {Height}×{Width}, {ChannelsText}";
        yield return $"network  {Name}, {classes}{images} ({Format})";
        yield return $"size     {Figures.Size(SizeBits, "the dense network's", DenseBits)}";
    }
}
