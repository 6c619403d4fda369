using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Pqf.Nets.Onnx;
using Pqf.Tensors;
using Pqf.Tensors.Formats;
using Pqf.Testing;
using Xunit;

namespace Pqf.Properties;

/// <summary>Saving and loading is the identity, for tensors of any name, type, shape and bytes.</summary>
public class TensorFileProperties
{
    static readonly DType[] TorchTypes =
    [
        DType.Bool,
        DType.U8,
        DType.I8,
        DType.I16,
        DType.I32,
        DType.I64,
        DType.F16,
        DType.BF16,
        DType.F32,
        DType.F64,
    ];

    static readonly string[] Alphabet = ["a", "weight", ".", "0", "ü", "漢", "😀", "\"", "\\", "\n", " ", "/"];

    static Arbitrary<StoredTensor[]> Tensors(DType[] types)
    {
        var name = Gen.Elements(Alphabet).NonEmptyListOf().Select(parts => string.Concat(parts));
        var shape = Gen.Choose(0, 4).ListOf().Where(axes => axes.Count <= 4).Select(axes => new Shape([.. axes]));
        var tensor =
            from n in name
            from type in Gen.Elements(types)
            from s in shape
            from seed in Gen.Choose(0, int.MaxValue)
            select TensorSamples.Create(RngKey.FromSeed(seed), type, s).Rename(n);
        return tensor.ListOf().Select(list => list.DistinctBy(item => item.Name).ToArray()).ToArbitrary();
    }

    static Arbitrary<Dictionary<string, string>> Metadata()
    {
        var text = Gen.Elements(Alphabet).ListOf().Select(parts => string.Concat(parts));
        return (from key in text from value in text select (key, value))
            .ListOf()
            .Select(pairs => pairs.DistinctBy(pair => pair.key).ToDictionary(pair => pair.key, pair => pair.value))
            .ToArbitrary();
    }

    static string[] Print(IEnumerable<StoredTensor> tensors) =>
        [
            .. tensors
                .OrderBy(tensor => tensor.Name, StringComparer.Ordinal)
                .Select(tensor => $"{tensor.Name} {tensor.Type} {tensor.Shape} {Convert.ToHexString(TensorSamples.BytesOf(tensor))}"),
        ];

    [Property(MaxTest = 50)]
    public Property Loading_a_saved_safetensors_file_is_the_identity() =>
        Prop.ForAll(
            Tensors(Enum.GetValues<DType>()),
            Metadata(),
            (tensors, metadata) =>
            {
                using var folder = new TemporaryFolder();
                Safetensors.Write(folder.File("a"), tensors, metadata).Value();
                using var file = TensorFiles.Open(folder.File("a")).Value();
                Assert.Equal(Print(tensors), Print(file.Tensors));
                Assert.Equal(metadata, file.Metadata);
            }
        );

    [Property(MaxTest = 50)]
    public Property Loading_a_saved_PyTorch_file_is_the_identity() =>
        Prop.ForAll(
            Tensors(TorchTypes),
            tensors =>
            {
                using var folder = new TemporaryFolder();
                PyTorchFile.Write(folder.File("a"), tensors).Value();
                if (tensors.Length == 0)
                {
                    Assert.EndsWith("holds no tensors", TensorFiles.Open(folder.File("a")).ErrorMessage());
                    return;
                }

                using var file = TensorFiles.Open(folder.File("a")).Value();
                Assert.Equal(Print(tensors), Print(file.Tensors));
                Assert.Equal(tensors.Select(tensor => tensor.Name), file.Tensors.Select(tensor => tensor.Name));
            }
        );

    [Property(MaxTest = 50)]
    public Property Loading_saved_initialisers_is_the_identity() =>
        Prop.ForAll(
            Tensors(Enum.GetValues<DType>()),
            tensors =>
            {
                using var folder = new TemporaryFolder();
                WriteOnnx(folder.File("a"), tensors);
                using var file = TensorFiles.Open(folder.File("a")).Value();
                Assert.Equal(Print(tensors), Print(file.Tensors));
                Assert.Equal(tensors.Select(tensor => tensor.Name), file.Tensors.Select(tensor => tensor.Name));
            }
        );

    static void WriteOnnx(string path, StoredTensor[] tensors)
    {
        using var stream = File.Create(path);
        OnnxMessages.Write(
            stream,
            OnnxMessages.Model(
                OnnxMessages.Graph(
                    "",
                    [],
                    tensors.Select(OnnxMessages.Initialiser),
                    OnnxMessages.Input("input", []),
                    [OnnxMessages.Output("logits", [])]
                ),
                new Dictionary<string, string>()
            )
        );
    }

    [Property(MaxTest = 60)]
    public Property A_damaged_file_is_an_error_or_is_read() =>
        Prop.ForAll(
            Tensors(TorchTypes),
            Gen.Choose(0, int.MaxValue).ToArbitrary(),
            (tensors, seed) =>
            {
                using var folder = new TemporaryFolder();
                PyTorchFile.Write(folder.File("a.pth"), tensors).Value();
                Safetensors.Write(folder.File("a.safetensors"), tensors, new Dictionary<string, string>()).Value();
                WriteOnnx(folder.File("a.onnx"), tensors);
                var key = RngKey.FromSeed(seed);
                foreach (string path in new[] { folder.File("a.pth"), folder.File("a.safetensors"), folder.File("a.onnx") })
                {
                    byte[] bytes = File.ReadAllBytes(path);
                    for (ulong i = 0; i < 4; i++)
                        bytes[key.Below(bytes.Length, 2 * i)] = (byte)key.Bits((2 * i) + 1);
                    File.WriteAllBytes(path, bytes);
                    TensorFiles
                        .Open(path)
                        .Match(
                            file =>
                            {
                                using (file)
                                    return Print(file.Tensors).Length;
                            },
                            error => error.Message.Length
                        );
                }
            }
        );
}
