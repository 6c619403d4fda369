using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Boxes;
using Pqf.Tensors.Ops.Convolution.Transposed;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Tensors.Ops.Movement;

namespace Pqf.Bench;

/// <summary>The ops that only detectors need, at the sizes of Mask R-CNN on an image of 800 × 1066: its pyramid has 200 × 272 to 25 × 34
/// pixels of 256 channels.</summary>
/// <remarks>
/// RoiAlign: bytes of all pixels under each box, and of the result, over the bandwidth of reading; where boxes overlap, pixels still in
/// cache take the share above 1.
/// Resizing: bytes in and out. Transposed convolutions: a share of the peak. NMS: overlaps a second, were none found early.
/// </remarks>
static class DetectionBench
{
    static readonly (int H, int W, float Scale)[] Levels = [(200, 272, 1 / 4f), (100, 136, 1 / 8f), (50, 68, 1 / 16f), (25, 34, 1 / 32f)];

    public static void Measure(int threads, Report report)
    {
        using var device = new HostDevice(threads);
        double bandwidth = Bandwidth.Of(device);
        foreach (var (boxes, cells) in new[] { (1000, 7), (100, 14) })
            MeasureRoiAlign(device, boxes, cells, bandwidth, report);
        MeasureInterpolate(device, bandwidth, report);
        foreach (int boxes in new[] { 100, 16 })
            MeasureConvTranspose(device, boxes, report);
        foreach (int groups in new[] { 1, 5 })
            MeasureNms(device, 2000, groups, report);
    }

    static void MeasureRoiAlign(HostDevice device, int count, int cells, double bandwidth, Report report)
    {
        using var scope = device.BeginScope();
        Tensor<float>[] maps = [.. Levels.Select(level => Inputs.Uniform(device, [1, level.H, level.W, 256], $"map {level.H}"))];
        Rois[] rois = [.. Enumerable.Range(0, Inputs.Count).Select(i => Boxes(device, count, i))];
        var options = new RoiAlignOptions { OutputSize = cells };
        var y = Tensor<float>.Zeros(device, [count, cells, cells, 256]);
        string shape = $"{count} boxes {cells}x{cells}x256";
        // Each pixel under a box, as often as boxes lie over it, and the result.
        double bytes = 256.0 * sizeof(float) * (Pixels(rois[0]) + (count * cells * cells));
        report.Add(
            "roialign",
            shape,
            device.ThreadCount,
            1,
            bytes,
            bandwidth,
            Times.Of(i => RoiAlign.ForwardInto(maps, rois[i % Inputs.Count], options, y))
        );
        double gradients =
            256.0 * sizeof(float) * (Levels.Sum(level => level.H * level.W) + (2 * Pixels(rois[0])) + (count * cells * cells));
        report.Add(
            "roialign",
            $"{shape} gradient",
            device.ThreadCount,
            1,
            gradients,
            bandwidth,
            Times.Of(i =>
            {
                using var step = device.BeginScope();
                for (int level = 0; level < maps.Length; level++)
                    RoiAlign.Pullback(maps[level].Shape, rois[i % Inputs.Count], level, options, y);
            })
        );
    }

    static double Pixels(Rois rois)
    {
        double sum = 0;
        float[] values = rois.Boxes.ToArray();
        for (int level = 0; level < Levels.Length; level++)
            foreach (int row in rois.Rows(level)?.ToArray() ?? [])
                sum +=
                    ((values[(row * 5) + 3] - values[(row * 5) + 1]) * Levels[level].Scale + 1)
                    * (((values[(row * 5) + 4] - values[(row * 5) + 2]) * Levels[level].Scale) + 1);
        return sum;
    }

    /// <summary>Boxes of 30 to 600 pixels, their logarithms spread evenly, each on the level of its size (Lin et al. 2017, equation
    /// 1).</summary>
    static Rois Boxes(HostDevice device, int count, int number)
    {
        var key = RngKey.FromSeed(2).Fold($"boxes {number}");
        float[] values = new float[5 * count];
        int[] levels = new int[count];
        for (int i = 0; i < count; i++)
        {
            float U(int j) => (float)key.Uniform((ulong)((5 * i) + j));
            float size = 30 * MathF.Pow(20, U(0)),
                aspect = MathF.Pow(2, U(1) - 0.5f),
                width = size * aspect,
                height = size / aspect;
            float x = U(2) * Math.Max(0, 1066 - width),
                y = U(3) * Math.Max(0, 800 - height);
            float[] box = [0, x, y, Math.Min(1066, x + width), Math.Min(800, y + height)];
            box.CopyTo(values, 5 * i);
            levels[i] = Math.Clamp((int)MathF.Floor(4 + MathF.Log2(size / 224)) - 2, 0, 3);
        }

        return Rois.Create(Tensor<float>.From(device, [count, 5], values), levels, [.. Levels.Select(level => level.Scale)]);
    }

    static void MeasureInterpolate(HostDevice device, double bandwidth, Report report)
    {
        using var scope = device.BeginScope();
        var x = Inputs.Several(device, [1, 100, 136, 256], "x");
        var y = Tensor<float>.Zeros(device, [1, 200, 272, 256]);
        double bytes = sizeof(float) * (double)(x[0].Shape.Count + y.Shape.Count);
        foreach (var mode in Enum.GetValues<InterpolationMode>())
            report.Add(
                "resize",
                $"100x136x256 twice {mode}",
                device.ThreadCount,
                1,
                bytes,
                bandwidth,
                Times.Of(i => Interpolate.ForwardInto(x[i % Inputs.Count], mode, y))
            );
        report.Add(
            "resize",
            "100x136x256 twice Nearest gradient",
            device.ThreadCount,
            1,
            bytes,
            bandwidth,
            Times.Of(i =>
            {
                using var step = device.BeginScope();
                Interpolate.Pullback(x[0].Shape, InterpolationMode.Nearest, y);
            })
        );
    }

    static void MeasureConvTranspose(HostDevice device, int boxes, Report report)
    {
        using var scope = device.BeginScope();
        var x = Inputs.Several(device, [boxes, 14, 14, 256], "x");
        var (weight, bias) = (Inputs.Uniform(device, [256, 256, 2, 2], "weight"), Inputs.Uniform(device, [256], "bias"));
        var options = new ConvTranspose2dOptions { Stride = 2 };
        var plan = ConvTranspose2dPlan.Create(weight, bias, options);
        var y = Tensor<float>.Zeros(device, plan.OutputShape(x[0].Shape));
        double operations = 2.0 * y.Shape.Count * 256;
        string shape = "2x2/2 256-256 @14";
        report.Add(
            "convT",
            shape,
            device.ThreadCount,
            boxes,
            operations,
            Peak.Now(device),
            Times.Of(i => plan.ForwardInto(x[i % Inputs.Count], Tail.Relu, y))
        );
        report.Add(
            "convT",
            $"{shape} dx",
            device.ThreadCount,
            boxes,
            operations,
            Peak.Now(device),
            Times.Of(_ =>
            {
                using var step = device.BeginScope();
                ConvTranspose2d.InputPullback(x[0].Shape, weight, options, y);
            })
        );
        report.Add(
            "convT",
            $"{shape} dweight",
            device.ThreadCount,
            boxes,
            operations,
            Peak.Now(device),
            Times.Of(i =>
            {
                using var step = device.BeginScope();
                ConvTranspose2d.WeightPullback(x[i % Inputs.Count], weight.Shape, options, y);
            })
        );
    }

    static void MeasureNms(HostDevice device, int count, int groupCount, Report report)
    {
        using var scope = device.BeginScope();
        int[] groups = [.. Enumerable.Range(0, count).Select(i => i % groupCount)];
        Tensor<float>[] boxes = [.. Enumerable.Range(0, Inputs.Count).Select(i => Concat.Split(Boxes(device, count, i).Boxes, 1, 1, 4)[1])],
            scores = Inputs.Several(device, [count], "scores");
        var options = new NmsOptions { IouThreshold = 0.7 };
        report.Add(
            "nms",
            $"{count} boxes {groupCount} groups",
            device.ThreadCount,
            1,
            0.5 * count * count / groupCount,
            0,
            Times.Of(i => Nms.Forward(boxes[i % Inputs.Count], scores[i % Inputs.Count], groups, options))
        );
    }
}
