using Pqf.Nets.Graphs;
using Pqf.Nets.Onnx;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Formats;
using Pqf.Testing;
using Xunit;

namespace Pqf.Onnx.Tests;

/// <summary>Models that are not run here: their weights become codes, and ONNX Runtime runs what is written.</summary>
public class PartialModelTests(DeviceSet devices) : DeviceTest(devices)
{
    const double Exact = 1e-6;

    const int Initialiser = 5,
        Input = 11;

    public static TheoryData<string> Names { get; } = [.. PartialModels.All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void With_a_word_for_each_block_the_outputs_stay(string name)
    {
        var device = Use(DeviceKind.Host);
        using var folder = new TemporaryFolder();
        var (path, _) = PartialModels.Write(name, folder);
        string written = folder.File("out/model.onnx");
        Rewrite(path, written, device, spec => OfAllBlocks(device, spec.Values));
        Assert.True(Runs.Difference(path, written) < Exact);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void With_codes_the_outputs_are_those_of_the_decoded_weights(string name)
    {
        var device = Use(DeviceKind.Host);
        CheckDecoded(
            name,
            device,
            weight => GeneratedWeights.Quantised(device, weight.Name, weight.Values.Shape, 300, BlockLength(weight.Values.Shape))
        );
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void With_few_codes_in_8_bits_the_outputs_are_those_of_the_decoded_weights(string name)
    {
        var device = Use(DeviceKind.Host);
        CheckDecoded(
            name,
            device,
            weight =>
                (Weight.Quantised)
                    (
                        GeneratedWeights.Quantised(device, weight.Name, weight.Values.Shape, 7, BlockLength(weight.Values.Shape)) with
                        {
                            CodebookForm = ValueForm.Scaled8,
                        }
                    ).AsStored()
        );
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void With_8_bits_a_value_the_outputs_are_those_of_the_decoded_weights(string name) =>
        CheckDecoded(
            name,
            Use(DeviceKind.Host),
            weight => new Weight.Dense(weight.Values) { Form = ValueForm.Scaled8 }.AsStored(),
            // ONNX Runtime computes in single precision here, and leaves out that the weights are rounded to halves before.
            name == "halves"
                ? 2e-3
                : 0
        );

    [Theory]
    [MemberData(nameof(Names))]
    public void In_half_precision_the_outputs_are_those_of_the_decoded_weights(string name) =>
        CheckDecoded(name, Use(DeviceKind.Host), weight => new Weight.Dense(weight.Values) { Form = ValueForm.Half }.AsStored());

    [Theory]
    [MemberData(nameof(Names))]
    public void What_is_no_weight_stays_byte_for_byte(string name)
    {
        var device = Use(DeviceKind.Host);
        using var folder = new TemporaryFolder();
        var (path, model) = PartialModels.Write(name, folder);
        string written = folder.File("out/model.onnx");
        Rewrite(path, written, device, spec => OfAllBlocks(device, spec.Values));
        var (before, after) = (Fields(path), Fields(written));
        Assert.Equal(before.Others, after.Others);
        // All but weights, and in a model whose values are in another file all but those; what decodes the weights comes first.
        string[] kept =
        [
            .. before
                .Graph.Where(field =>
                    !model.Weights.ContainsKey(field.Name) && (field.Number != Initialiser || name != "values beside the model")
                )
                .Select(field => field.Text),
        ];
        Assert.Equal(kept, after.Graph.Select(field => field.Text).Where(kept.Contains));
        Assert.DoesNotContain(after.Graph, field => field.Number is Initialiser or Input && model.Weights.ContainsKey(field.Name));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void ONNX_Runtime_has_nothing_to_warn_of(string name)
    {
        Assert.SkipWhen(name is "initialisers as inputs" or "oldest operations", "ONNX Runtime warns of initialisers among the inputs");
        var device = Use(DeviceKind.Host);
        using var folder = new TemporaryFolder();
        var (path, _) = PartialModels.Write(name, folder);
        string written = folder.File("out/model.onnx");
        Rewrite(path, written, device, spec => OfAllBlocks(device, spec.Values));
        using var runtime = new OnnxRuntimeModel(File.ReadAllBytes(written));
    }

    [Fact]
    public void Values_beside_the_model_become_part_of_it()
    {
        var device = Use(DeviceKind.Host);
        using var folder = new TemporaryFolder();
        var (path, _) = PartialModels.Write("values beside the model", folder);
        string written = folder.File("out/model.onnx");
        Rewrite(path, written, device, spec => OfAllBlocks(device, spec.Values));
        Assert.Equal(["model.onnx"], Directory.EnumerateFiles(folder.File("out")).Select(Path.GetFileName));
    }

    [Fact]
    public void Initialisers_that_are_new_are_no_inputs_where_the_format_demands_that_they_are()
    {
        var device = Use(DeviceKind.Host);
        using var folder = new TemporaryFolder();
        var (path, model) = PartialModels.Write("initialisers as inputs", folder);
        string written = folder.File("out/model.onnx");
        Rewrite(path, written, device, spec => OfAllBlocks(device, spec.Values));
        var graph = Fields(written).Graph;
        string[] inputs = [.. graph.Where(field => field.Number == Input).Select(field => field.Name)];
        Assert.All(graph.Where(field => field.Number == Initialiser), field => Assert.Contains(field.Name, inputs));
        Assert.DoesNotContain(inputs, model.Weights.ContainsKey);
    }

    /// <summary>The fields of a model's graph with their names, and the others.</summary>
    static (List<(int Number, string Name, string Text)> Graph, List<string> Others) Fields(string path)
    {
        var (graph, others) = (new List<(int, string, string)>(), new List<string>());
        byte[] bytes = File.ReadAllBytes(path);
        var model = new WireFields(bytes, 0);
        while (model.Next())
        {
            if (model.Number != 7)
            {
                others.Add(Text(model));
                continue;
            }

            var fields = new WireFields(model.Bytes, model.BytesStart);
            while (fields.Next())
                graph.Add((fields.Number, NameOf(fields), Text(fields)));
        }

        return (graph, others);

        static string Text(WireFields field) =>
            $"{field.Number} {field.Kind} {(field.Kind == WireKind.Bytes ? Convert.ToHexString(field.Bytes) : $"{field.Value}")}";
    }

    /// <summary>Name of an initialiser or an input, or of the value that a node makes.</summary>
    static string NameOf(WireFields field)
    {
        int number = field.Number switch
        {
            Initialiser => 8,
            1 => 2,
            _ => 1,
        };
        if (field.Kind != WireKind.Bytes || field.Number is 2 or 10)
            return "";
        var fields = new WireFields(field.Bytes, field.BytesStart);
        while (fields.Next())
            if (fields.Number == number && fields.Kind == WireKind.Bytes)
                return System.Text.Encoding.UTF8.GetString(fields.Bytes);
        return "";
    }

    static void CheckDecoded(string name, Device device, Func<NamedWeight, Weight> store, double tolerance = 0)
    {
        using var folder = new TemporaryFolder();
        var (path, model) = PartialModels.Write(name, folder);
        string written = folder.File("out/model.onnx");
        var stored = Rewrite(path, written, device, store);
        // The same model, with the decoded weights in the order in which it has them.
        var (decoded, _) = PartialModels.Write(name, folder, (weight, shape) => PartialModels.Decoded(weight, shape, stored));
        Assert.True(Runs.Difference(decoded, written) <= tolerance);
        Assert.All(model.Weights.Keys, weight => Assert.Contains(weight, stored.Keys));
    }

    /// <summary>Writes a model with all weights as they are stored.</summary>
    /// <returns>The decoded values in the parameters' order, by the weight's name in the model.</returns>
    static Dictionary<string, float[]> Rewrite(string path, string to, Device device, Func<NamedWeight, Weight> store)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(to)!);
        using var file = TensorFiles.Open(path).ValueOrThrow();
        var model = (OnnxPartialModel.Find(file) ?? throw new InvalidOperationException("the network is run")).ValueOrThrow();
        var parameters = StateDict.Load(model.Graph, model.Tensors, device).ValueOrThrow().Parameters;
        var stored = new Dictionary<string, float[]>();
        foreach (var spec in ParameterSpecs.Of(model.Graph))
        {
            var value = store(new(spec.Name, parameters[spec.Name].Decode()));
            parameters = parameters.With(spec.Name, value);
            stored.Add(spec.Name, value.Decode().ToArray());
        }

        model.Write(to, parameters).ValueOrThrow();
        Assert.Equal(new FileInfo(to).Length, model.SizeOf(parameters).ValueOrThrow());
        return stored;
    }

    /// <summary>A codebook that has all blocks.</summary>
    static Weight.Quantised OfAllBlocks(Device device, Tensor<float> values)
    {
        int d = BlockLength(values.Shape),
            n = values.Shape.Count / d;
        return new(
            values.Reshape([n, d]),
            Tensor<ushort>.From(device, [values.Shape[0], n / values.Shape[0]], [.. Enumerable.Range(0, n).Select(i => (ushort)i)]),
            values.Shape
        );
    }

    static int BlockLength(Shape weight) => weight.Count / weight[0] % 2 == 0 ? 2 : 3;

    sealed record NamedWeight(string Name, Tensor<float> Values);
}
