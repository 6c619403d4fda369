using System.Collections.Immutable;
using Pqf.Tensors.Formats;

namespace Pqf.Nets.Onnx.Reading;

/// <summary>Gives layers the names that a model's weights have there. Layers that share their tensors have one name.</summary>
sealed class LayerNames
{
    static readonly ImmutableArray<string> Endings = [".weight", ".scale", ".gamma", "_weight", "/kernel", "_W"];

    readonly Dictionary<string, string> names = [];
    readonly Dictionary<string, StoredTensor> tensors = [];

    /// <summary>All tensors by the names that parameters have here.</summary>
    public ImmutableArray<StoredTensor> Tensors => [.. tensors.Select(pair => pair.Value.Rename(pair.Key))];

    /// <summary>What a layer is called, after one of its tensors.</summary>
    /// <param name="tensor">The tensor's name in the model.</param>
    public static string Base(string tensor)
    {
        tensor = tensor.Split(Constant.Change)[0];
        foreach (string ending in Endings)
            if (tensor.Length > ending.Length && tensor.EndsWith(ending, StringComparison.Ordinal))
            {
                tensor = tensor[..^ending.Length];
                break;
            }

        return Whole(tensor);
    }

    /// <summary>What a parameter by itself is called, after its tensor.</summary>
    /// <inheritdoc cref="Base"/>
    public static string Whole(string tensor)
    {
        // A slash is kept for values of the models that we write.
        tensor = tensor.Split(Constant.Change)[0].Replace('/', '.').Trim('.');
        return tensor.Length > 0 ? tensor : "layer";
    }

    /// <summary>The name of a layer.</summary>
    public string Of(DraftWeights weights)
    {
        if (names.TryGetValue(weights.Key, out string? known))
            return known;
        string name = weights.Name;
        for (int i = 2; weights.Tensors.Any(tensor => tensors.ContainsKey(name + tensor.Suffix)); i++)
            name = $"{weights.Name}_{i}";
        foreach (var (suffix, tensor) in weights.Tensors)
            tensors.Add(name + suffix, tensor);
        names.Add(weights.Key, name);
        return name;
    }
}
