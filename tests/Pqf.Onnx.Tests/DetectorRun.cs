using Microsoft.ML.OnnxRuntime;
using Pqf.Nets.Detection;
using Xunit;

namespace Pqf.Onnx.Tests;

/// <summary>What a detector's model finds in a photograph in ONNX Runtime.</summary>
/// <param name="Boxes">[n · 4].</param>
/// <param name="Labels">[n].</param>
/// <param name="Scores">[n].</param>
/// <param name="Masks">[n · height · width].</param>
sealed record DetectorRun(float[] Boxes, long[] Labels, float[] Scores, float[] Masks)
{
    /// <summary>Runs a model.</summary>
    public static DetectorRun Of(OnnxRuntimeModel model, Photograph photo)
    {
        float[] planes =
        [
            .. Enumerable
                .Range(0, Photograph.Channels)
                .SelectMany(c => Enumerable.Range(0, photo.Height * photo.Width).Select(i => photo.Values[(i * Photograph.Channels) + c])),
        ];
        using var input = OrtValue.CreateTensorValueFromMemory(planes, [Photograph.Channels, photo.Height, photo.Width]);
        using var run = new RunOptions();
        using var outputs = model.Session.Run(run, ["image"], [input], ["boxes", "labels", "scores", "masks"]);
        Assert.Empty(OnnxRuntimeLog.Messages);
        long count = outputs[1].GetTensorTypeAndShape().Shape[0];
        Assert.Equal([count, 4], outputs[0].GetTensorTypeAndShape().Shape);
        Assert.Equal([count, 1, photo.Height, photo.Width], outputs[3].GetTensorTypeAndShape().Shape);
        return new(
            outputs[0].GetTensorDataAsSpan<float>().ToArray(),
            outputs[1].GetTensorDataAsSpan<long>().ToArray(),
            outputs[2].GetTensorDataAsSpan<float>().ToArray(),
            outputs[3].GetTensorDataAsSpan<float>().ToArray()
        );
    }

    /// <summary>The largest differences from what we find, or null if labels differ or there are not as many objects.</summary>
    /// <returns>Of coordinates in parts of the longer side; of scores; of pixels of masks.</returns>
    public (double Boxes, double Scores, double Masks)? Difference(Detections found)
    {
        if (!Labels.SequenceEqual(found.Items.Select(item => (long)item.Label)))
            return null;
        float[] boxes = [.. found.Items.SelectMany(item => (float[])[item.Box.X1, item.Box.Y1, item.Box.X2, item.Box.Y2])];
        float[] masks = [.. found.Items.SelectMany(item => MaskPasting.Probabilities(item, found.Height, found.Width))];
        return (
            Largest(Boxes, boxes) / Math.Max(found.Height, found.Width),
            Largest(Scores, [.. found.Items.Select(item => item.Score)]),
            Largest(Masks, masks)
        );
    }

    static double Largest(float[] x, float[] y) => x.Zip(y, (a, b) => Math.Abs((double)a - b)).Append(0).Max();
}
