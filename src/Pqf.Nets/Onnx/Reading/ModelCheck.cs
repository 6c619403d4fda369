using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Nets.Onnx.Reading;

/// <summary>Finds what is wrong with the order of a model's nodes.</summary>
static class ModelCheck
{
    /// <summary>Checks that every value is made once, before it is read.</summary>
    public static Result<Unit, PqfError> Of(string path, OnnxModel model)
    {
        if (model.Outputs.IsEmpty)
            return new PqfError.File(path, "the model has no outputs");
        var makers = new Dictionary<string, OnnxNode>();
        foreach (var node in model.Nodes)
        foreach (string output in node.Outputs.Where(output => output.Length > 0))
            if (!makers.TryAdd(output, node))
                return Problem(node, $"makes {Printable.Name(output)}, which {makers[output].Text} makes already");
        var made = new HashSet<string>();
        foreach (var node in model.Nodes)
        {
            if (node.Inputs.FirstOrDefault(input => makers.ContainsKey(input) && !made.Contains(input)) is { } early)
                return Problem(
                    node,
                    $"reads {Printable.Name(early)}, which {makers[early].Text} makes later: nodes are out of order, or in a cycle"
                );
            made.UnionWith(node.Outputs);
        }

        return default(Unit);

        PqfError Problem(OnnxNode node, string problem) => Wrong(path, node, problem);
    }

    /// <summary>Checks that every value that is read is there.</summary>
    /// <param name="path">The file.</param>
    /// <param name="model">In a sound order.</param>
    /// <param name="others">Names of tensors that the model lists elsewhere.</param>
    public static Result<Unit, PqfError> Values(string path, OnnxModel model, IReadOnlySet<string> others)
    {
        HashSet<string> known =
        [
            "",
            .. others,
            .. model.Inputs.Select(input => input.Name),
            .. model.Initialisers.Select(tensor => tensor.Name),
            .. model.Nodes.SelectMany(node => node.Outputs),
        ];
        foreach (var node in model.Nodes)
            if (node.Inputs.FirstOrDefault(input => !known.Contains(input)) is { } missing)
                return Wrong(path, node, MissingText(missing));
        return model.Outputs.FirstOrDefault(output => !known.Contains(output)) is { } output
            ? new PqfError.File(path, $"its output {Printable.Name(output)} is made by no node")
            : default(Unit);
    }

    /// <summary>What is wrong with a node that reads a value of which nothing is known.</summary>
    public static string MissingText(string value) =>
        $"reads {Printable.Name(value)}, which no node before it makes, and which is no input of the model";

    static PqfError.File Wrong(string path, OnnxNode node, string problem) => new PqfError.File(path, $"{node.Text}: {problem}");
}
