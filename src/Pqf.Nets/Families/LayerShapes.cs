using System.Collections.Immutable;
using System.Globalization;
using Pqf.Tensors;

namespace Pqf.Nets.Families;

/// <summary>Shapes of a state dict's tensors by their names, in its order.</summary>
public sealed class LayerShapes
{
    readonly ImmutableDictionary<string, Shape> shapes;

    /// <summary>Shapes by name, names unique.</summary>
    public LayerShapes(IEnumerable<KeyValuePair<string, Shape>> tensors)
    {
        ImmutableArray<KeyValuePair<string, Shape>> all = [.. tensors];
        Names = [.. all.Select(pair => pair.Key)];
        shapes = all.ToImmutableDictionary();
    }

    /// <summary>All names, in order.</summary>
    public ImmutableArray<string> Names { get; }

    /// <summary>The shape of a tensor; null if there is none of the name.</summary>
    public Shape? Find(string name) => shapes.TryGetValue(name, out var shape) ? shape : null;

    /// <summary>The shape of a layer's weight; null if there is no such layer.</summary>
    internal Shape? Weight(string layer) => Find($"{layer}.weight");

    /// <summary>Whether there is a layer that has a weight.</summary>
    internal bool Has(string layer) => shapes.ContainsKey($"{layer}.weight");

    /// <summary>Whether any tensor is in a module.</summary>
    internal bool HasModule(string module) => Names.Any(name => name.StartsWith($"{module}.", StringComparison.Ordinal));

    /// <summary>The numbers of the modules in a list: 0, 3 and 4 of <c>features.0.weight</c>, <c>features.3.weight</c> and
    /// <c>features.4.weight</c>. Rising.</summary>
    /// <param name="list">The list's name; names of the modules may begin with more than it, as in <c>denseblock1</c>.</param>
    internal ImmutableArray<int> Numbers(string list) =>
        [
            .. Names
                .Where(name => name.StartsWith(list, StringComparison.Ordinal))
                .Select(name => name[list.Length..].Split('.')[0])
                .Distinct()
                .Select(text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : -1)
                .Where(number => number is >= 0 and < MaxNumber)
                .Order(),
        ];

    // Lists of modules are short; a number beyond this is no place in one.
    const int MaxNumber = 10_000;

    /// <summary>The tensors whose names begin with a prefix, without it.</summary>
    internal LayerShapes Under(string prefix) =>
        prefix.Length == 0
            ? this
            : new(
                Names
                    .Where(name => name.StartsWith(prefix, StringComparison.Ordinal))
                    .Select(name => KeyValuePair.Create(name[prefix.Length..], shapes[name]))
            );
}
