using System.Collections.Immutable;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Convolution;

namespace Pqf.Compression.Tests;

/// <summary>A residual network small enough for a test: a first convolution, a block of 3×3 and 1×1 convolutions, a linear layer.</summary>
static class SmallNetwork
{
    public static Graph Graph { get; } = Build();

    /// <summary>Random parameters of the innermost scope; running variances from 0.5 to 1.5.</summary>
    public static Parameters Parameters(Device device, RngKey key) =>
        new(
            ParameterSpecs
                .Of(Graph)
                .ToImmutableDictionary(
                    spec => spec.Name,
                    spec => (Weight)new Weight.Dense(Tensor<float>.From(device, spec.Shape, Values(spec, key.Fold(spec.Name))))
                )
        );

    static float[] Values(ParameterSpec spec, RngKey key) =>
        [
            .. Enumerable
                .Range(0, spec.Shape.Count)
                .Select(i =>
                    spec.Role switch
                    {
                        ParameterRole.RunningVar or ParameterRole.NormWeight => 0.5f + (float)key.Uniform((ulong)i),
                        ParameterRole.Weight => (float)key.Normal((ulong)i)
                            * (1 + (i % 5))
                            / MathF.Sqrt(spec.Shape.Count / spec.Shape[0])
                            / 3,
                        _ => 0.2f * (float)key.Normal((ulong)i),
                    }
                ),
        ];

    static Graph Build()
    {
        var builder = new GraphBuilder();
        int x = builder.Input(3);
        x = builder.Relu(builder.BatchNorm(builder.Conv2d(x, "conv1", 16, 3, new Conv2dOptions { Padding = 1 }), "bn1"));
        int y = builder.Relu(builder.BatchNorm(builder.Conv2d(x, "block.conv1", 24, 1), "block.bn1"));
        y = builder.Relu(
            builder.BatchNorm(builder.Conv2d(y, "block.conv2", 32, 3, new Conv2dOptions { Padding = 1, Stride = 2 }), "block.bn2")
        );
        y = builder.BatchNorm(builder.Conv2d(y, "block.conv3", 20, 1), "block.bn3");
        int shortcut = builder.BatchNorm(
            builder.Conv2d(x, "block.downsample.0", 20, 1, new Conv2dOptions { Stride = 2 }),
            "block.downsample.1"
        );
        x = builder.Relu(builder.Add(y, shortcut));
        builder.Linear(builder.Flatten(builder.GlobalAvgPool(x)), "fc", 20, 12);
        return builder.Build();
    }
}
