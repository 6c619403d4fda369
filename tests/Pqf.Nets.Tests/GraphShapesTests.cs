using Pqf.Autodiff;
using Pqf.Nets.Architectures;
using Pqf.Nets.Graphs;
using Pqf.Nets.Layers;
using Pqf.Tensors;
using Pqf.Testing;
using Xunit;

namespace Pqf.Nets.Tests;

public class GraphShapesTests
{
    [Fact]
    public void ResNet50_halves_its_pixels_five_times()
    {
        var graph = TestGraphs.Build(new Architecture("resnet50"));
        var shapes = GraphShapes.Of(graph, [2, 224, 192, 3]);
        Assert.Equal([2, 112, 96, 64], shapes[1]);
        Assert.Equal([2, 7, 6, 2048], shapes[^4]);
        Assert.Equal([2, 1000], shapes[^1]);
    }

    [Fact]
    public void The_small_network_halves_its_pixels_twice()
    {
        var graph = TestGraphs.Build(new Architecture("resnet20", classCount: 10, inChannels: 1, width: 32));
        var shapes = GraphShapes.Of(graph, [2, 28, 28, 1]);
        Assert.Equal(
            ["[2, 28, 28, 32]", "[2, 14, 14, 64]", "[2, 7, 7, 128]"],
            graph.Nodes.Zip(shapes).Where(pair => pair.First is AddLayer).Select(pair => $"{pair.Second}").Distinct()
        );
        Assert.Equal([2, 10], shapes[^1]);
    }

    [Fact]
    public void Flatten_takes_channels_and_pixels()
    {
        var graph = new GraphBuilder();
        graph.Flatten(graph.Conv2d(graph.Input(3), "c", 5, new Pair(3, 1)));
        Assert.Equal([4, 5 * 6 * 9], GraphShapes.Of(graph.Build(), [4, 8, 9, 3])[^1]);
    }

    [Fact]
    public void Images_of_another_channel_count_are_refused()
    {
        var graph = TestGraphs.Build(new Architecture("resnet18"));
        var thrown = Assert.Throws<ShapeException>(() => GraphShapes.Of(graph, [1, 32, 32, 1]));
        Assert.Equal("Input: expected images of 3 channels, [N, H, W, 3], got [1, 32, 32, 1]", thrown.Message);
    }

    [Fact]
    public void Branches_of_different_shapes_are_refused()
    {
        var graph = new GraphBuilder();
        int x = graph.Input(2);
        graph.Add(x, graph.Conv2d(x, "c", 2, 3));
        var thrown = Assert.Throws<ShapeException>(() => GraphShapes.Of(graph.Build(), [1, 4, 4, 2]));
        Assert.Equal("Add: expected axes of equal length or of 1, got [1, 4, 4, 2] and [1, 2, 2, 2]", thrown.Message);
    }

    [Theory]
    [InlineData(new int[0])]
    [InlineData(new[] { 2, 1 })]
    [InlineData(new[] { 1, 1 })]
    [InlineData(new[] { -1, 2 })]
    [InlineData(new[] { 1, 3 })]
    public void Outputs_that_do_not_rise_within_the_nodes_are_refused(int[] outputs)
    {
        var builder = new GraphBuilder();
        builder.Relu(builder.Relu(builder.Input(3)));
        string message = Assert.Throws<ArgumentException>(() => builder.Build([.. outputs])).Message;
        Assert.Contains($"below 3, got [{string.Join(", ", outputs)}]", message, StringComparison.Ordinal);
    }
}
