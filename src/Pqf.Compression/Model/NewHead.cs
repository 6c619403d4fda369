using Pqf.Tensors;

namespace Pqf.Compression.Model;

/// <summary>When a network's head is drawn newly.</summary>
public enum NewHeadWhen
{
    /// <summary>The file's network has another class count, or no head.</summary>
    ClassCountDiffers,

    /// <summary>Always: the classes are others, even where they are as many.</summary>
    Always,
}

/// <summary>A head of random values for classes that a file's network does not know: transfer learning.</summary>
/// <param name="Key">Each parameter draws from the key folded with its name.</param>
/// <param name="When">Which networks get one.</param>
public sealed record NewHead(RngKey Key, NewHeadWhen When = NewHeadWhen.ClassCountDiffers);
