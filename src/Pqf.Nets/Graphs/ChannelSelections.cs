using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Movement;

namespace Pqf.Nets.Graphs;

/// <summary>New orders along axes of parameters, collected and then applied together.</summary>
sealed class ChannelSelections(Parameters parameters)
{
    // Rows of a grouped convolution have columns of their own: an axis of rows and columns together.
    const int RowsAndColumns = -1;

    readonly Dictionary<(string Name, int Axis), int[]> slices = [];

    public bool Has(string name) => parameters.Values.ContainsKey(name);

    /// <summary>Reorders the axis of a vector: its only one that is not of length 1.</summary>
    public void AddVector(ChannelRun vector, ReadOnlySpan<int> order)
    {
        Shape shape = Find(vector.Layer).Shape;
        Add(vector.Layer, Math.Max(0, shape.ToList().IndexOf(shape.Count)), vector, order);
    }

    /// <summary>Reorders an axis, or the part of it that a group has.</summary>
    public void Add(string name, int axis, ChannelRun run, ReadOnlySpan<int> order)
    {
        Shape shape = Find(name).Shape;
        if (run.Places is not { PartCount: > 1 } places)
        {
            run.Reorder(order, Slices(name, axis, shape[axis]));
            return;
        }

        int columns = shape[1],
            rows = shape[0] / places.PartCount;
        int[] all = Slices(name, RowsAndColumns, shape[0] * columns),
            own = [.. Enumerable.Range(0, columns)];
        run.Reorder(order, own);
        for (int row = places.Part * rows; row < (places.Part + 1) * rows; row++)
            foreach (int place in places.At)
                all[(row * columns) + place] = (row * columns) + own[place];
    }

    /// <summary>All parameters; reordered ones belong to the innermost scope.</summary>
    public Parameters Apply() =>
        slices.Aggregate(
            parameters,
            (all, pair) => all.With(pair.Key.Name, new Weight.Dense(Select(all.Find(pair.Key.Name)!, pair.Key.Axis, pair.Value)))
        );

    /// <summary>Reorders the parameters in their own memory, where that is the host's and no two of them share it.</summary>
    /// <returns>Whether it was done; if not, nothing has changed.</returns>
    public bool ApplyInPlace()
    {
        Tensor<float>[] tensors = [.. slices.Keys.Select(key => key.Name).Distinct().Select(Find)];
        if (tensors.Any(tensor => tensor.Device is not HostDevice) || SharesMemory(tensors))
            return false;
        foreach (var ((name, axis), order) in slices)
        {
            var tensor = Find(name);
            if (axis == RowsAndColumns)
                IndexSelect.InPlace(tensor.Reshape([order.Length, tensor.Shape.Count / order.Length]), 0, order);
            else
                IndexSelect.InPlace(tensor, axis, order);
        }

        return true;
    }

    bool SharesMemory(Tensor<float>[] tensors)
    {
        var all = parameters.Tensors().Select(tensor => tensor.Storage).ToLookup(storage => storage);
        return tensors.Any(tensor => all[tensor.Storage].Count() > 1);
    }

    static Tensor<float> Select(Tensor<float> weight, int axis, int[] slices) =>
        axis == RowsAndColumns
            ? IndexSelect.Forward(weight.Reshape([slices.Length, weight.Shape.Count / slices.Length]), 0, slices).Reshape(weight.Shape)
            : IndexSelect.Forward(weight, axis, slices);

    Tensor<float> Find(string name) =>
        parameters.Find(name) ?? throw new KeyNotFoundException($"ChannelGroup: expected {name} among the parameters");

    int[] Slices(string name, int axis, int length)
    {
        if (!slices.TryGetValue((name, axis), out int[]? found))
            slices[(name, axis)] = found = [.. Enumerable.Range(0, length)];
        return found;
    }
}
