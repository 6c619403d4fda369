using System.Collections.Immutable;
using Pqf.Tensors.Formats;

namespace Pqf.Nets.Weights;

/// <summary>Finds what programs put between a classifier's body and its head: a norm before the linear layer changes every
/// result.</summary>
static class HeadNeighbours
{
    /// <summary>Names, in the file, of tensors in the head's module that are not the head's, and of modules beside the network that are
    /// norms of as many channels as the head has inputs, and nothing else.</summary>
    /// <param name="inside">Of the network with its head, by the names used here.</param>
    /// <param name="outside">Others.</param>
    /// <param name="place">Which network it is; null if it is unknown.</param>
    public static ImmutableHashSet<string> Of(
        ImmutableArray<(string Name, StoredTensor Tensor)> inside,
        ImmutableArray<(string Name, StoredTensor Tensor)> outside,
        NetworkPlace? place
    )
    {
        if (
            place is not { Known: { Head.Count: 1 } known }
            || inside.FirstOrDefault(pair => NamedTensors.LayerOf(pair.Name) == known.Family.Head && pair.Tensor.Shape.Rank == 2).Tensor
                is not { } head
        )
            return [];
        string layer = NamedTensors.LayerOf(PlainTensors.Unwrapped(head.Name)),
            around = ModuleOf(layer, place);
        var modules = inside
            .Where(pair => !known.All.Contains(NamedTensors.LayerOf(pair.Name)))
            .Concat(outside)
            .Select(pair => (Name: PlainTensors.Unwrapped(pair.Tensor.Name), pair.Tensor))
            .Where(pair => NamedTensors.LayerOf(pair.Name) != layer)
            .GroupBy(pair => ModuleOf(pair.Name, place));
        return
        [
            .. modules
                .Where(module => module.Key == around || IsNorm(module, head.Shape[1]))
                .SelectMany(module => module.Select(pair => pair.Tensor.Name)),
        ];
    }

    static bool IsNorm(IEnumerable<(string Name, StoredTensor Tensor)> module, int channels) =>
        module.All(pair => pair.Tensor.Shape.Rank < 2)
        && module.Any(pair => pair.Name.EndsWith(".running_mean", StringComparison.Ordinal) && pair.Tensor.Shape.Count == channels);

    /// <summary>The outermost module of a name beside those around the network: <c>model.head.</c> of <c>model.head.fc</c>.</summary>
    static string ModuleOf(string name, NetworkPlace place)
    {
        string around = NetworkPlace.PrefixesOf(place.Prefix).Last(prefix => name.StartsWith(prefix, StringComparison.Ordinal));
        return around + name[around.Length..].Split('.')[0] + ".";
    }
}
