using Pqf.Nets.Execution;
using Pqf.Nets.Families;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Formats;
using Pqf.Tensors.Ops.Movement;
using Pqf.Testing;
using Xunit;

namespace Pqf.Onnx.Tests;

/// <summary>State dicts of networks that another program also exported as ONNX models, in a folder outside of the project.</summary>
[Trait("Category", "Networks")]
public class ExportedStateDictTests(DeviceSet devices) : DeviceTest(devices)
{
    const string FolderVariable = "PQF_ONNX_NETWORKS";

    // As for the models.
    const double Tolerance = 1e-4;

    [Fact]
    public void Every_state_dict_of_a_family_gives_what_ONNX_Runtime_gives_for_the_models_beside_it()
    {
        string? folder = Environment.GetEnvironmentVariable(FolderVariable);
        Assert.SkipUnless(folder is { Length: > 0 }, $"{FolderVariable} names no folder");
        var device = Use(DeviceKind.Host);
        var failed = new List<string>();
        foreach (string path in Directory.GetFiles(folder!, "*.pth").Order(StringComparer.Ordinal))
        foreach (string kind in (string[])["eval", "train"])
        {
            string model = Path.ChangeExtension(path, $".{kind}.onnx");
            using var file = TensorFiles.Open(path).ValueOrThrow();
            if (!File.Exists(model) || FamilyNetwork.Find(file).ValueOrThrow() is not { } found)
                continue;
            double difference = Difference(found, model, device);
            string line = $"{Path.GetFileName(path)} beside {kind}: {difference:E1}";
            Console.Error.WriteLine(line);
            if (!(difference < Tolerance))
                failed.Add(line);
            device.TrimPool();
        }

        Assert.True(failed.Count == 0, string.Join(Environment.NewLine, failed));
    }

    /// <summary>The largest difference from ONNX Runtime, in parts of the largest value.</summary>
    static double Difference(FamilyNetwork found, string model, Device device)
    {
        using var scope = device.BeginScope();
        using var runtime = new OnnxRuntimeModel(model);
        var (name, input) = runtime.Session.InputMetadata.Single();
        int[] given = input.Dimensions;
        var graph = found.Read(new Pair(given[2], given[3])).ValueOrThrow();
        var parameters = StateDict.Load(graph, found.Tensors, device).ValueOrThrow().Parameters;
        var images = GeneratedWeights.Images(device, "model", [2, given[1], given[2], given[3]]);
        float[] expected = runtime.RunAll(ChannelOrder.ToChannelsFirst(images)).Single().Value;
        double scale = expected.Max(Math.Abs);
        float[] plain = Forward.Run(graph, parameters, images).ToArray(),
            compiled = InferencePlan.Compile(graph, parameters, device, images.Shape).Run(images).ToArray();
        Assert.Equal(expected.Length, plain.Length);
        return Math.Max(Largest(plain), Largest(compiled));

        double Largest(float[] values) => values.Zip(expected, (a, b) => Math.Abs((double)a - b)).Max() / scale;
    }
}
