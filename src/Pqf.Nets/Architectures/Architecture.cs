namespace Pqf.Nets.Architectures;

/// <summary>Which network of a known family, its two ends, and how wide it is between them.</summary>
public sealed record Architecture
{
    // Of ImageNet: a family that says nothing else, and a name that no family has.
    internal const int UsualClassCount = 1000,
        UsualInChannels = 3;

    /// <summary>A network of a family, with the family's usual sizes where none are given.</summary>
    /// <param name="name">As in configurations: <c>resnet18</c>, <c>resnet50</c>, … (<see cref="Networks.Names"/>).</param>
    /// <param name="classCount">As <see cref="ClassCount"/>; null for the family's own (<see cref="NetworkFamily.DefaultClassCount"/>):
    /// 91 for networks that find objects, 1000 for others.</param>
    /// <param name="inChannels">As <see cref="InChannels"/>; null for the family's own
    /// (<see cref="NetworkFamily.DefaultInChannels"/>).</param>
    /// <param name="width">As <see cref="Width"/>.</param>
    /// <param name="options">As <see cref="Options"/>.</param>
    public Architecture(string name, int? classCount = null, int? inChannels = null, int? width = null, FamilyOptions? options = null)
    {
        Name = name;
        ClassCount = classCount ?? Networks.Find(name)?.DefaultClassCount ?? UsualClassCount;
        InChannels = inChannels ?? Networks.Find(name)?.DefaultInChannels ?? UsualInChannels;
        Width = width;
        Options = options;
    }

    /// <summary>As in configurations: <c>resnet18</c>, <c>resnet50</c>, … (<see cref="Networks.Names"/>).</summary>
    public string Name { get; init; }

    /// <summary>Outputs of the family's head; a network that finds objects counts the background too.</summary>
    public int ClassCount { get; init; }

    /// <summary>3 for colour, 1 for grey.</summary>
    public int InChannels { get; init; }

    /// <summary>Channels of the first stage, doubled by each next one; null for the family's own.</summary>
    public int? Width { get; init; }

    /// <summary>Settings that only this family has; null for the family's own.</summary>
    public FamilyOptions? Options { get; init; }

    /// <summary>What a person calls the network: its name, or that of the file whose graph it is.</summary>
    public string Title => Options is GraphOptions graph ? graph.Title : Name;
}
