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

    /// <summary>What a layer is called whose weight has a name that PyTorch's exporter made up (<c>onnx::Conv_547</c>): the path of the
    /// modules in its node's name, as state dicts have it.</summary>
    /// <param name="name">The name after its weight.</param>
    /// <param name="node">The node's name: <c>/layer1/layer1.0/conv1/Conv</c> gives <c>layer1.0.conv1</c>.</param>
    /// <returns>The weight's own name where it is a real one, or the node has no path.</returns>
    public static string OfModules(string name, string node)
    {
        string[] modules = [.. node.Split('/', StringSplitOptions.RemoveEmptyEntries).SkipLast(1)]; // the last is the operator
        if (!name.StartsWith("onnx::", StringComparison.Ordinal) || modules.Length == 0)
            return name;
        // A module in a list has the list's name before its own: layer1, layer1.0.
        return Whole(
            string.Join(
                '.',
                modules.Where((module, i) => i + 1 == modules.Length || !modules[i + 1].StartsWith($"{module}.", StringComparison.Ordinal))
            )
        );
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
