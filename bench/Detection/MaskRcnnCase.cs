using System.Collections.Immutable;
using Pqf.Nets.Architectures;
using Pqf.Nets.Detection;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Boxes;
using Pqf.Tensors.Ops.Elementwise;

namespace Pqf.Bench.Detection;

/// <summary>A Mask R-CNN of random weights that has as much to do as a trained one: proposals all over the image, as many detections as an
/// image may have, objects enough for every box that trains.</summary>
/// <param name="Name">default or small.</param>
/// <param name="Options">Sizes and thresholds.</param>
sealed record MaskRcnnCase(string Name, MaskRcnnOptions Options)
{
    const int Height = 480,
        Width = 640,
        ObjectCount = 40;

    /// <summary>The body's blocks add up; each adds less, so that values stay near 1 as in a trained network.</summary>
    const float BranchScale = 0.25f;

    /// <summary>Proposals keep near their anchors.</summary>
    const float CodeScale = 0.01f;

    /// <summary>Some class of each proposal reaches the score of a detection.</summary>
    const float LogitScale = 1000;

    /// <summary>torchvision's defaults.</summary>
    public static MaskRcnnCase Default { get; } = new("default", new MaskRcnnOptions { NormEps = 1e-5f });

    /// <summary>Those of config/train_maskrcnn_small.yaml.</summary>
    public static MaskRcnnCase Small { get; } =
        new(
            "small",
            new MaskRcnnOptions
            {
                NormEps = 1e-5f,
                MinSize = 320,
                MaxSize = 533,
                RpnPreNmsTopNTrain = 500,
                RpnPostNmsTopNTrain = 250,
                RpnPreNmsTopNTest = 500,
                RpnPostNmsTopNTest = 250,
                BoxBatchSizePerImage = 64,
            }
        );

    /// <summary>The network.</summary>
    public Architecture Architecture => new(MaskRcnn.Name, MaskRcnn.DefaultClassCount, Photograph.Channels, options: Options);

    /// <summary>Its graph, whole.</summary>
    public Graph Graph => Networks.Build(Architecture).Match(graph => graph, error => throw new InvalidOperationException(error.Message));

    /// <summary>Random values.</summary>
    public Parameters Parameters(Device device)
    {
        var values = DetectorInitialise.Random(Graph, device, RngKey.FromSeed(1)).Values.ToBuilder();
        foreach (string name in values.Keys.Where(name => name.EndsWith("bn3.weight", StringComparison.Ordinal)).ToArray())
            values[name] = Scaled(values[name], BranchScale);
        values["rpn.head.bbox_pred.weight"] = Scaled(values["rpn.head.bbox_pred.weight"], CodeScale);
        values["roi_heads.box_predictor.cls_score.weight"] = Scaled(values["roi_heads.box_predictor.cls_score.weight"], LogitScale);
        return new(values.ToImmutable());
    }

    /// <summary>A photograph: noise over gentle slopes.</summary>
    public static Photograph Image(int number)
    {
        var key = RngKey.FromSeed(3).Fold((ulong)number);
        float[] values = new float[Height * Width * Photograph.Channels];
        for (int i = 0; i < values.Length; i++)
            values[i] = (0.5f * (float)key.Uniform((ulong)i)) + (0.25f * (i / 3 % Width) / Width) + (0.25f * (i / 3 / Width) / Height);
        return new(Height, Width, values);
    }

    /// <summary>Objects of 30 to 300 pixels, their logarithms spread evenly, each an ellipse in its box.</summary>
    public static DetectionTarget Target(int number)
    {
        var key = RngKey.FromSeed(4).Fold((ulong)number);
        ImmutableArray<Box> boxes = [.. Enumerable.Range(0, ObjectCount).Select(i => ObjectBox(key.Fold((ulong)i)))];
        return new(boxes, [.. Enumerable.Range(1, ObjectCount)], [.. boxes.Select(Ellipse)]);
    }

    static Box ObjectBox(RngKey key)
    {
        float U(ulong i) => (float)key.Uniform(i);
        float size = 30 * MathF.Pow(10, U(0)),
            aspect = MathF.Pow(2, U(1) - 0.5f),
            width = size * aspect,
            height = Math.Min(size / aspect, Height);
        float x = U(2) * (Width - width),
            y = U(3) * (Height - height);
        return new(x, y, x + width, y + height);
    }

    static BinaryMask Ellipse(Box box)
    {
        byte[] values = new byte[Height * Width];
        for (int y = 0; y < Height; y++)
        for (int x = 0; x < Width; x++)
        {
            float dx = ((2 * (x - box.X1)) / box.Width) - 1,
                dy = ((2 * (y - box.Y1)) / box.Height) - 1;
            values[(y * Width) + x] = (dx * dx) + (dy * dy) < 1 ? (byte)1 : (byte)0;
        }

        return new(Height, Width, values);
    }

    static Weight.Dense Scaled(Weight weight, float factor) => new(Scale.Forward(weight.Decode(), factor));
}
