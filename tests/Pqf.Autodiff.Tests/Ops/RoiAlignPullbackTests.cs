using Pqf.Tensors;
using Pqf.Tensors.Ops.Boxes;
using Pqf.Testing;
using Xunit;

namespace Pqf.Autodiff.Tests.Ops;

public class RoiAlignPullbackTests(DeviceSet devices) : DeviceTest(devices)
{
    static readonly RngKey Key = RngKey.FromSeed(34);

    static readonly RoiAlignOptions[] Options =
    [
        new() { OutputSize = new Pair(3, 2) },
        new() { OutputSize = 2, SamplingRatio = -1 },
        new() { OutputSize = 2, Aligned = true },
        new()
        {
            OutputSize = 1,
            SamplingRatio = -1,
            Aligned = true,
        },
        new() { OutputSize = 4, SamplingRatio = 1 },
        new() { OutputSize = 1, SamplingRatio = 3 },
    ];

    public static MatrixTheoryData<DeviceKind, int, int, RoiAlignOptions> Cases => new(DeviceKinds.All, [0, 1, 6], [3, 9], Options);

    [Theory, MemberData(nameof(Cases))]
    public void Gradients_are_adjoint_to_the_forward(DeviceKind kind, int boxCount, int channels, RoiAlignOptions options)
    {
        // Linear in the map: J v is what boxes read from v.
        Shape map = [2, 17, 9, channels];
        var (v, boxes) = (Numbers.Normal(Key.Fold("v"), map), Boxes(boxCount, 34, 18));
        double[] jv = Reference.RoiAlign([v], boxes, new int[boxCount], [0.5f], options).Values;
        var u = Numbers.Normal(Key.Fold("u"), [boxCount, options.OutputSize.H, options.OutputSize.W, channels]);
        var device = Use(kind, map.Count);
        Adjoint.Check(jv, u, v, RoiAlign.Pullback(map, Rois.Create(boxes.On(device), 0.5f), 0, options, u.On(device)), 64);
    }

    public static MatrixTheoryData<DeviceKind, int> ReferenceCases => new(DeviceKinds.All, [0, 1, 2]);

    [Theory, MemberData(nameof(ReferenceCases))]
    public void Recorded_gradients_agree_with_torchvision(DeviceKind kind, int number)
    {
        using var file = ReferenceCase.Open($"roi_align_{number}");
        var size = file.Parameters.GetProperty("output_size");
        var options = new RoiAlignOptions
        {
            OutputSize = new Pair(size[0].GetInt32(), size[1].GetInt32()),
            SamplingRatio = file.Integer("sampling_ratio"),
            Aligned = file.Parameters.GetProperty("aligned").GetBoolean(),
        };
        var (x, dy) = (file.Read("x").ToChannelsLast(), file.Read("grad_out").ToChannelsLast());
        var device = Use(kind, x.Shape.Count);
        using var scope = device.BeginScope();
        var tape = new Tape(scope);
        var leaf = tape.Leaf(x.On(device));
        var rois = Rois.Create(file.Read("boxes").On(device), file.Parameters.GetProperty("spatial_scale").GetSingle());
        var gradients = tape.Backward(tape.Apply(new RoiAlign.Function(rois, options), leaf), dy.On(device), leaf);
        Close.Check(file.Read("grad_x").ToChannelsLast().Values, gradients[0].ToArray(), 1e-5);
    }

    [Theory, MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void Each_map_gets_the_gradients_of_its_own_boxes(DeviceKind kind)
    {
        Shape[] shapes =
        [
            [2, 16, 16, 9],
            [2, 8, 8, 9],
            [2, 4, 4, 9],
        ];
        float[] scales = [0.5f, 0.25f, 0.125f];
        int[] levels = [2, 0, 0, 2, 0]; // and none from the second
        var options = new RoiAlignOptions { OutputSize = 3 };
        Numbers[] v = [.. shapes.Select((shape, level) => Numbers.Normal(Key.Fold($"v{level}"), shape))];
        var (boxes, u) = (Boxes(levels.Length, 32, 32), Numbers.Normal(Key.Fold("u"), [levels.Length, 3, 3, 9]));
        var device = Use(kind, 4096);
        using var scope = device.BeginScope();
        var tape = new Tape(scope);
        Variable[] leaves = [.. v.Select(numbers => tape.Leaf(numbers.On(device)))];
        var gradients = tape.Backward(
            tape.Apply(new RoiAlign.Function(Rois.Create(boxes.On(device), levels, scales), options), leaves),
            u.On(device),
            leaves
        );
        Assert.All(gradients[1].ToArray(), value => Assert.Equal(0f, value));
        for (int level = 0; level < shapes.Length; level++)
        {
            // Boxes of other maps read zeros.
            Numbers[] alone =
            [
                .. v.Select((numbers, i) => i == level ? numbers : new Numbers(numbers.Shape, new float[numbers.Values.Length])),
            ];
            Adjoint.Check(Reference.RoiAlign(alone, boxes, levels, scales, options).Values, u, v[level], gradients[level], 64);
        }
    }

    static Numbers Boxes(int count, float height, float width) =>
        new(
            [count, 5],
            [
                .. Enumerable
                    .Range(0, count)
                    .SelectMany(i =>
                    {
                        float[] u = [.. Enumerable.Range(0, 4).Select(j => (float)Key.Fold("boxes").Uniform((ulong)((4 * i) + j)))];
                        float x = (1.2f * u[0] * width) - (0.2f * width),
                            y = (1.2f * u[1] * height) - (0.2f * height);
                        return (float[])[i % 2, x, y, x + (u[2] * width), y + (u[3] * height)];
                    }),
            ]
        );
}
