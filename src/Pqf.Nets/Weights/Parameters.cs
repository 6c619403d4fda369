using System.Collections.Immutable;
using Pqf.Tensors;

namespace Pqf.Nets.Weights;

/// <summary>A network's values beside its graph: PyTorch state-dict name → weight. Vectors (biases, norms) are dense weights too.</summary>
/// <param name="Values">By name: <c>layer1.0.conv1.weight</c>, <c>bn1.running_var</c>.</param>
public sealed record Parameters(ImmutableDictionary<string, Weight> Values)
{
    /// <summary>No values.</summary>
    public static Parameters Empty { get; } = new(ImmutableDictionary<string, Weight>.Empty);

    /// <summary>Whether files hold any weight in less than single precision.</summary>
    public bool IsQuantised => Values.Values.Any(weight => weight.IsCompressed);

    /// <summary>The values as files give them back. New tensors belong to the innermost scope.</summary>
    public Parameters AsStored() => new(Values.ToImmutableDictionary(pair => pair.Key, pair => pair.Value.AsStored()));

    /// <summary>The weight of that name.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public Weight this[string name] =>
        Values.TryGetValue(name, out var weight)
            ? weight
            : throw new KeyNotFoundException($"Parameters: expected {name}, which is not among the {Values.Count} names");

    /// <summary>The dense tensor of that name; null if there is none.</summary>
    /// <exception cref="InvalidOperationException">It is quantised.</exception>
    public Tensor<float>? Find(string name) =>
        Values.TryGetValue(name, out var weight)
            ? weight.Match(
                dense => dense.Value,
                _ => throw new InvalidOperationException($"Parameters: expected {name} to be dense, it is quantised")
            )
            : null;

    /// <summary>These values with one replaced or added.</summary>
    public Parameters With(string name, Weight weight) => new(Values.SetItem(name, weight));

    /// <summary>All tensors behind the values.</summary>
    public IEnumerable<ITensor> Tensors() => Values.Values.SelectMany(weight => weight.Tensors());
}
