using System.Collections.Immutable;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Nets.Onnx.Reading;

/// <summary>Turns the nodes of a model into layers, one after the other. Used within one function, then thrown away.</summary>
/// <remarks>Nodes are gone through once, in file order, which the format demands to be one of computation: there is no recursion.</remarks>
sealed class ModelReading
{
    readonly OnnxModel model;
    readonly Dictionary<string, ModelValue> values = [];
    readonly Dictionary<string, Extents> extents = [];
    readonly Dictionary<string, StoredTensor> folded = [];

    // What depends on a node that did not become layers.
    readonly HashSet<string> unknown = [];
    readonly List<OnnxProblem> problems = [];

    /// <summary>A reading of a model.</summary>
    public ModelReading(OnnxModel model) => this.model = model;

    /// <summary>The layers so far.</summary>
    public Drafts Drafts { get; } = new();

    /// <summary>Version of the operations.</summary>
    public int Opset => model.Opset;

    /// <summary>Images of a batch, where the model fixes them.</summary>
    public long? BatchSize { get; set; }

    /// <summary>What the user should know, a line each.</summary>
    public List<string> Notes { get; } = [];

    /// <summary>What did not become layers.</summary>
    public IReadOnlyList<OnnxProblem> Problems => problems;

    /// <summary>A value that depends on the images; null if there is none of the name.</summary>
    public ModelValue? Value(string name) => values.TryGetValue(name, out var value) ? value : null;

    /// <summary>A value that does not depend on the images; null if there is none of the name.</summary>
    public StoredTensor? Constant(string name) =>
        name.Length == 0 ? null : folded.GetValueOrDefault(name) ?? model.Constants.Find(name) ?? FromExtents(name);

    StoredTensor? FromExtents(string name) =>
        extents.GetValueOrDefault(name) is { Numbers: { } numbers } small
            ? StoredTensor.FromSingles(name, small.IsList ? [numbers.Length] : [], [.. numbers.Select(number => (float)number)])
            : null;

    /// <summary>A small tensor of numbers; null if there is none of the name.</summary>
    public Extents? Extents(string name)
    {
        if (name.Length == 0)
            return null;
        if (!extents.TryGetValue(name, out var found) && Constant(name) is { } constant && ShapeArithmetic.Of(constant) is { } small)
            extents[name] = found = small;
        return found;
    }

    /// <summary>Names a value.</summary>
    public void Set(string name, ModelValue value) => values[name] = value;

    /// <summary>Reads the nodes that some values need.</summary>
    /// <param name="nodes">In file order.</param>
    /// <param name="outputs">Names of the values.</param>
    public void Read(ImmutableArray<OnnxNode> nodes, ImmutableArray<string> outputs)
    {
        var needed = outputs.ToHashSet();
        var wanted = new Stack<OnnxNode>();
        foreach (var node in nodes.Reverse().Where(node => node.Outputs.Any(output => output.Length > 0 && needed.Contains(output))))
        {
            needed.UnionWith(node.Inputs);
            wanted.Push(node);
        }

        foreach (var node in wanted)
            Read(node);
    }

    void Read(OnnxNode node)
    {
        if (node.Outputs.All(output => output.Length == 0 || Constant(output) is not null))
            return;
        string? missing = node.Inputs.FirstOrDefault(input => input.Length > 0 && !IsKnown(input) && !unknown.Contains(input));
        if (missing is not null)
            Fail(node, ModelCheck.MissingText(missing));
        else if (node.Inputs.Any(unknown.Contains))
            unknown.UnionWith(node.Outputs);
        else if (!TryConstants(node))
            Convert(node);
    }

    bool IsKnown(string name) => values.ContainsKey(name) || extents.ContainsKey(name) || Constant(name) is not null;

    /// <summary>Whether a node computes of shapes and constants alone.</summary>
    bool TryConstants(OnnxNode node)
    {
        if (!node.IsStandard)
            return false;
        if (node.Operator is "Shape" or "Size" && Value(node.Input(0)) is { } x)
        {
            extents[node.Output] = ShapeOf(node, x);
            return true;
        }

        if (node.Inputs.Any(values.ContainsKey))
            return false;
        try
        {
            if (node.Operator is "Shape" && Constant(node.Input(0)) is { } known)
                extents[node.Output] = new([.. known.Shape.Select(length => new Extent(length))], true, true);
            else if (ShapeArithmetic.Of(node, [.. node.Inputs.Select(Extents)]) is { } small)
                extents[node.Output] = small;
            else if (ConstantArithmetic.Of(node, [.. node.Inputs.Select(Constant)], i => Extents(node.Input(i))?.Integers) is { } large)
                folded[node.Output] = large;
            else
                return false;
            return true;
        }
        catch (InvalidDataException exception)
        {
            Fail(node, exception.Message);
            return true;
        }
    }

    Extents ShapeOf(OnnxNode node, ModelValue x)
    {
        ImmutableArray<Extent> all =
        [
            Reading.Extent.Batch,
            .. new NodeReading(this, node).ImageShape(x).Select(length => new Extent(length)),
        ];
        if (node.Operator == "Size")
            return Reading.Extents.One(new(all.Aggregate(1.0, (product, extent) => product * extent.Value), true));
        int start = At(node.Integer("start", 0) ?? 0),
            end = At(node.Integer("end", all.Length) ?? all.Length);
        return new(all[start..Math.Max(start, end)], true, true);

        int At(long place) => (int)Math.Clamp(place < 0 ? place + all.Length : place, 0, all.Length);
    }

    void Convert(OnnxNode node)
    {
        if (OperatorTable.Find(node) is not { } convert)
        {
            Fail(node, $"operator {node.Operator} is not supported");
            return;
        }

        try
        {
            convert(new NodeReading(this, node)).Match(made => Set(node, made), problem => Fail(node, problem));
        }
        catch (ShapeException exception)
        {
            Fail(node, exception.Message);
        }
        catch (InvalidDataException exception)
        {
            Fail(node, exception.Message);
        }
    }

    bool Set(OnnxNode node, ImmutableArray<ModelValue> made)
    {
        for (int i = 0; i < node.Outputs.Length; i++)
            if (i >= made.Length)
                unknown.Add(node.Outputs[i]);
            else if (node.Outputs[i].Length > 0)
                values[node.Outputs[i]] = made[i];
        return true;
    }

    bool Fail(OnnxNode node, string problem)
    {
        problems.Add(new(node.Name.Length > 0 ? node.Name : node.Output, node.Operator, problem));
        unknown.UnionWith(node.Outputs);
        return false;
    }
}
