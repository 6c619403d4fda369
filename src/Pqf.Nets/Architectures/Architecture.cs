namespace Pqf.Nets.Architectures;

/// <summary>Which network of a known family, its two ends, and how wide it is between them.</summary>
/// <param name="Name">As in configurations: <c>resnet18</c>, <c>resnet50</c>, … (<see cref="Networks.Names"/>).</param>
/// <param name="ClassCount">Outputs of the family's head; a network that finds objects counts the background too.</param>
/// <param name="InChannels">3 for colour, 1 for grey.</param>
/// <param name="Width">Channels of the first stage, doubled by each next one; null for the family's own.</param>
/// <param name="Options">Settings that only this family has; null for the family's own.</param>
public sealed record Architecture(string Name, int ClassCount = 1000, int InChannels = 3, int? Width = null, FamilyOptions? Options = null)
{
    /// <summary>What a person calls the network: its name, or that of the file whose graph it is.</summary>
    public string Title => Options is GraphOptions graph ? graph.Title : Name;
}
