using Pqf.Compression.Model;
using Pqf.Images;
using Pqf.Nets.Architectures;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Images;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Boxes;

namespace Pqf.Bench.Faces;

/// <summary>Boxes of a face detector whose outputs are scores [N, boxes, 2] and corners [N, boxes, 4], as parts of the sides.</summary>
static class FaceFinder
{
    // Both are the defaults of the detector's own demonstration.
    const double Confidence = 0.7,
        Overlap = 0.3;

    /// <summary>A photograph as the detector sees it: resized without regard to its proportions, RGB, (x − 127) / 128.</summary>
    public static float[] Input(string path, Shape input)
    {
        var image = Resampler.Resize(ImageDecoder.Reader.Decode(path).Value().ToColour(), input[1], input[2]);
        return Array.ConvertAll(image.Pixels, pixel => (pixel - 127f) / 128f);
    }

    /// <summary>The boxes of each photograph, the most certain first.</summary>
    public static Box[][] Find(PqfModel model, Device device, float[][] photographs)
    {
        using var scope = device.BeginScope();
        var shape = model.Preprocessing.InputShape(1);
        var plan = InferencePlan.Compile(model.Graph, model.Parameters, device, shape);
        return [.. photographs.Select(photograph => Find(model, plan, Tensor<float>.From(device, shape, photograph)))];
    }

    static Box[] Find(PqfModel model, InferencePlan plan, Tensor<float> image)
    {
        var outputs = plan.RunAll(image);
        var named = ((GraphOptions)model.Architecture.Options!).Outputs;
        float[] Of(string name) => outputs[model.Graph.Outputs.IndexOf(named.First(output => output.Name == name).Node)].ToArray();
        float[] scores = Of("scores"),
            corners = Of("boxes");
        var found = Enumerable
            .Range(0, scores.Length / 2)
            .Where(i => scores[(2 * i) + 1] > Confidence)
            .OrderByDescending(i => scores[(2 * i) + 1])
            .Select(i => new Box(corners[4 * i], corners[(4 * i) + 1], corners[(4 * i) + 2], corners[(4 * i) + 3]));
        List<Box> kept = [];
        foreach (var box in found)
            if (kept.TrueForAll(other => other.Iou(box) <= Overlap))
                kept.Add(box);
        return [.. kept];
    }
}
