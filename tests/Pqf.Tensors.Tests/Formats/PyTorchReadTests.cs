using Pqf.Tensors.Formats;
using Pqf.Testing;
using Xunit;

namespace Pqf.Tensors.Tests.Formats;

public sealed class PyTorchReadTests : IDisposable
{
    /// <summary>Prints each tensor of a dictionary as <c>name type [shape] bytes</c>, sorted by name, as <see cref="Print"/> does.</summary>
    const string PrintTensors = """

        def show(tensors):
            names = {torch.bool: 'Bool', torch.uint8: 'U8', torch.int8: 'I8', torch.int16: 'I16', torch.int32: 'I32', torch.int64: 'I64',
                     torch.float16: 'F16', torch.bfloat16: 'BF16', torch.float32: 'F32', torch.float64: 'F64'}
            for name, t in sorted(tensors.items()):
                size = t.element_size()
                t = t.detach().contiguous().reshape(-1)
                raw = (t.view(torch.int16) if t.dtype == torch.bfloat16 else t).numpy().tobytes()
                print(name, names[t.dtype], list(tensors[name].shape), raw.hex())
        """;

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    static IEnumerable<string> Print(IEnumerable<StoredTensor> tensors) => tensors.OrderBy(tensor => tensor.Name, StringComparer.Ordinal)
        .Select(tensor => $"{tensor.Name} {tensor.Type} {tensor.Shape} {Convert.ToHexStringLower(TensorSamples.BytesOf(tensor))}");

    [Theory]
    [InlineData("published/resnet18.pth", "codes_matrix")]
    [InlineData("published/resnet18_large.pth", "codes_matrix")]
    [InlineData("published/resnet50_large.pth", "codes_matrix")]
    [InlineData("data/cifar-resnet/resnet56-4bfd9763.th", "conv1.weight")]
    public void A_real_file_is_read_as_PyTorch_reads_it(string relative, string someName)
    {
        string path = SharedData.Path(relative);
        using var file = TensorFiles.Open(path).Value();
        Assert.Equal("PyTorch legacy", file.Format);
        Assert.Contains(file.Tensors, tensor => tensor.Name.EndsWith(someName, StringComparison.Ordinal));
        string output = Python.Run("torch", $"""
            import sys, torch{PrintTensors}
            file = torch.load(sys.argv[1], map_location='cpu')
            show(file.get('state_dict', file))
            """, path);
        Assert.Equal(output.TrimEnd('\n').Split('\n'), Print(file.Tensors));
    }

    [Fact]
    public void Published_codes_above_255_are_unsigned()
    {
        using var file = TensorFiles.Open(SharedData.Path("published/resnet18.pth")).Value();
        var codes = file.ByName["fc.codes_matrix"];
        Assert.Equal(DType.I16, codes.Type);
        Assert.InRange(codes.ToCodes().Max(), 256, 2047);
        Assert.Equal(DType.F16, file.ByName["fc.codebook"].Type);
    }

    [Theory]
    [InlineData("True", "PyTorch zip")]
    [InlineData("False", "PyTorch legacy")]
    public void What_PyTorch_saves_is_read_as_it_reads_it(string zip, string format)
    {
        string output = Python.Run("torch", $$"""
            import sys, torch
            from collections import OrderedDict{{PrintTensors}}
            torch.manual_seed(1)
            types = [torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.float16, torch.bfloat16, torch.float32, torch.float64]
            tensors = OrderedDict((f'{t}.{"x".join(map(str, s))}', (torch.randn(s) * 50).to(t)) for t in types for s in [(), (0,), (3,), (2, 3, 4), (4, 0, 2)])
            shared = torch.randn(4, 6)
            tensors['transposed'] = shared.t()
            tensors['view'] = shared[1:3, ::2]
            tensors['row'] = shared[2]
            tensors['halves'] = shared.half()[:, 3].reshape(2, 2).t()
            tensors['parameter'] = torch.nn.Parameter(torch.randn(2, 2))
            tensors['one'] = torch.randn(5, 1)[:, :1].as_strided((5, 1), (1, 77))
            torch.save(tensors, sys.argv[1], _use_new_zipfile_serialization={{zip}})
            show(tensors)
            """, folder.File("a.pth"));
        using var file = TensorFiles.Open(folder.File("a.pth")).Value();
        Assert.Equal(format, file.Format);
        Assert.Equal(output.TrimEnd('\n').Split('\n'), Print(file.Tensors));
    }

    [Fact]
    public void A_module_s_state_dict_with_its_attributes_is_read()
    {
        Python.Run("torch", """
            import sys, torch
            torch.save(torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2)).state_dict(), sys.argv[1])
            """, folder.File("a.pth"));
        using var file = TensorFiles.Open(folder.File("a.pth")).Value();
        Assert.Equal(["0.weight", "0.bias", "1.weight", "1.bias", "1.running_mean", "1.running_var", "1.num_batches_tracked"], file.Tensors.Select(tensor => tensor.Name));
    }

    [Theory]
    [InlineData("{'epoch': 3, 'state_dict': {'a': t}, 'best': t, 'name': 'x', 'done': True, 'loss': 0.5, 'nothing': None, 'big': 1 << 70}", "a")]
    [InlineData("{'model': {'a': t}, 'optimizer': {'state': {0: {'step': t}}, 'param_groups': [{'lr': 1.0, 'params': [0]}]}}", "a")]
    [InlineData("{'state_dict': {'net': {'a': t}}}", "a")]
    [InlineData("{'a': {'b': t, 'c': (t, [t])}, 1: t}", "a.b,a.c.0,a.c.1.0,1")]
    [InlineData("{'model.a': t, 'set': {1, 2}, 'size': t.shape}", "model.a")]
    [InlineData("{'state_dict': 'none', 'a': t}", "a")]
    [InlineData("{'a': t.storage()}", "a")]
    public void The_dictionary_of_tensors_is_found(string expression, string names)
    {
        Python.Run("torch", "import sys, torch; t = torch.ones(2); torch.save(eval(sys.argv[2]), sys.argv[1])", folder.File("a.pth"), expression);
        using var file = TensorFiles.Open(folder.File("a.pth")).Value();
        Assert.Equal(names, string.Join(',', file.Tensors.Select(tensor => tensor.Name)));
        Assert.All(file.Tensors, tensor => Assert.Equal([1f, 1f], tensor.ToSingles()));
    }

    [Fact]
    public void Scalars_beside_the_tensors_are_metadata()
    {
        Python.Run("torch", "import sys, torch; torch.save({'epoch': 3, 'loss': 0.5, 'name': 'x', 'state_dict': {'a': torch.ones(2)}}, sys.argv[1])", folder.File("a.pth"));
        using var file = TensorFiles.Open(folder.File("a.pth")).Value();
        Assert.Equal(new Dictionary<string, string> { ["epoch"] = "3", ["loss"] = "0.5", ["name"] = "x" }, file.Metadata);
    }

    [Theory]
    [InlineData("[1]", "expected a dictionary of tensors, got a list")]
    [InlineData("{'a': 1}", "holds no tensors")]
    [InlineData("torch.nn.Linear(1, 1)", "refers to torch.nn.modules.linear.Linear, which is refused: only tensors, containers, numbers and strings are read")]
    [InlineData("{'a': numpy.float64(1)}", "refers to numpy.core.multiarray.scalar, which is refused: only tensors, containers, numbers and strings are read")]
    [InlineData("{(1,): torch.ones(1)}", "expected names of tensors, got a tuple")]
    [InlineData("{'a': torch.ones(1).expand(1000)}", "tensor of size [1000], stride [0] at 0: has more elements than its storage of 1")]
    public void What_is_no_dictionary_of_tensors_is_an_error(string expression, string problem)
    {
        string path = folder.File("a.pth");
        Python.Run("torch, numpy", "import sys, torch, numpy; torch.save(eval(sys.argv[2]), sys.argv[1])", path, expression);
        Assert.Equal($"{path}: {problem}", TensorFiles.Open(path).ErrorMessage());
    }

    [Fact]
    public void Deflated_archives_under_another_folder_are_read()
    {
        string output = Python.Run("torch", $$"""
            import sys, torch, zipfile{{PrintTensors}}
            tensors = {'a': torch.arange(1000.), 'b': torch.arange(12).reshape(3, 4).t()}
            torch.save(tensors, sys.argv[1] + '.tmp')
            with zipfile.ZipFile(sys.argv[1] + '.tmp') as source, zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_DEFLATED) as target:
                for name in source.namelist():
                    target.writestr(name.replace('archive/', 'résumé/'), source.read(name))
            show(tensors)
            """, folder.File("a.pth"));
        using var file = TensorFiles.Open(folder.File("a.pth")).Value();
        Assert.Equal(output.TrimEnd('\n').Split('\n'), Print(file.Tensors));
    }
}
