using Pqf.Autodiff;
using Pqf.Tensors.Formats;
using Pqf.Testing;
using Xunit;

namespace Pqf.Tensors.Tests.Formats;

public sealed class PyTorchReadTests : IDisposable
{
    /// <summary>Prints each tensor of a dictionary as <c>name type [shape] bytes</c>, sorted by name, as <see cref="Print"/>
    /// does.</summary>
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

    static IEnumerable<string> Print(IEnumerable<StoredTensor> tensors) =>
        tensors
            .OrderBy(tensor => tensor.Name, StringComparer.Ordinal)
            .Select(tensor => $"{tensor.Name} {tensor.Type} {tensor.Shape} {Convert.ToHexStringLower(TensorSamples.BytesOf(tensor))}");

    [Fact]
    public void Real_files_are_read_as_PyTorch_reads_them()
    {
        string[] paths =
        [
            .. new[]
            {
                "published/resnet18.pth",
                "published/resnet18_large.pth",
                "published/resnet50_large.pth",
                "data/cifar-resnet/resnet56-4bfd9763.th",
            }.Select(SharedData.Path),
        ];
        string output = Python.Run(
            "torch",
            $"""
            import sys, torch{PrintTensors}
            for path in sys.argv[1:]:
                file = torch.load(path, map_location='cpu')
                show(file.get('state_dict', file))
            """,
            paths
        );
        Assert.Equal(
            output.TrimEnd('\n').Split('\n'),
            paths.SelectMany(path =>
            {
                using var file = TensorFiles.Open(path).Value();
                Assert.Equal("PyTorch legacy", file.Format);
                return Print(file.Tensors).ToArray();
            })
        );
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
        string output = Python.Run(
            "torch",
            $$"""
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
            """,
            folder.File("a.pth")
        );
        using var file = TensorFiles.Open(folder.File("a.pth")).Value();
        Assert.Equal(format, file.Format);
        Assert.Equal(output.TrimEnd('\n').Split('\n'), Print(file.Tensors));
    }

    [Fact]
    public void A_module_s_state_dict_with_its_attributes_is_read()
    {
        Python.Run(
            "torch",
            """
            import sys, torch
            torch.save(torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2)).state_dict(), sys.argv[1])
            """,
            folder.File("a.pth")
        );
        using var file = TensorFiles.Open(folder.File("a.pth")).Value();
        Assert.Equal(
            ["0.weight", "0.bias", "1.weight", "1.bias", "1.running_mean", "1.running_var", "1.num_batches_tracked"],
            file.Tensors.Select(tensor => tensor.Name)
        );
    }

    /// <summary>Saves the value of each expression, in which t is a tensor of two ones, and gives the files in order.</summary>
    string[] Save(params IEnumerable<string> expressions)
    {
        Python.Run(
            "torch, numpy",
            """
            import argparse, collections, datetime, numpy, pathlib, sys, torch
            t = torch.ones(2)
            for i, expression in enumerate(sys.argv[2:]):
                torch.save(eval(expression), f'{sys.argv[1]}/{i}.pth')
            """,
            [folder.Path, .. expressions]
        );
        return [.. expressions.Select((_, i) => folder.File($"{i}.pth"))];
    }

    [Fact]
    public void The_dictionary_of_tensors_is_found()
    {
        (string Expression, string Names)[] cases =
        [
            (
                "{'epoch': 3, 'state_dict': {'a': t}, 'best': t, 'name': 'x', 'done': True, 'loss': 0.5, 'nothing': None, 'big': 1 << 70}",
                "a"
            ),
            ("{'model': {'a': t}, 'optimizer': {'state': {0: {'step': t}}, 'param_groups': [{'lr': 1.0, 'params': [0]}]}}", "a"),
            ("{'state_dict': {'net': {'a': t}}}", "a"),
            ("{'a': {'b': t, 'c': (t, [t])}, 1: t}", "a.b,a.c.0,a.c.1.0,1"),
            ("{'model.a': t, 'set': {1, 2}, 'size': t.shape}", "model.a"),
            ("{'state_dict': 'none', 'a': t}", "a"),
            ("{'a': t.storage()}", "a"),
        ];
        foreach (var (path, names) in Save(cases.Select(item => item.Expression)).Zip(cases.Select(item => item.Names)))
        {
            using var file = TensorFiles.Open(path).Value();
            Assert.Equal(names, string.Join(',', file.Tensors.Select(tensor => tensor.Name)));
            Assert.All(file.Tensors, tensor => Assert.Equal([1f, 1f], tensor.ToSingles()));
        }
    }

    [Fact]
    public void Scalars_beside_the_tensors_are_metadata()
    {
        using var file = TensorFiles.Open(Save("{'epoch': 3, 'loss': 0.5, 'name': 'x', 'state_dict': {'a': t}}")[0]).Value();
        Assert.Equal(
            new Dictionary<string, string>
            {
                ["epoch"] = "3",
                ["loss"] = "0.5",
                ["name"] = "x",
            },
            file.Metadata
        );
    }

    [Theory]
    [InlineData("{'state_dict': {'a': t, 'b': t}, 'state_dict_ema': {'a': t, 'b': t}}", "state_dict", "state_dict_ema")]
    [InlineData("{'model': {'a': t, 'b': t}, 'ema': {'module': {'a': t, 'b': t}, 'decay': 0.9}}", "model", "ema")]
    [InlineData("{'net': {'a': t}, 'epoch': 1, 'teacher': {'a': t, 'more': t}}", "net", "teacher")]
    [InlineData("{'state_dict': {'a': t, 'b': t}, 'optimizer': {'state': {0: {'exp_avg': t}}}, 'best': {'a': t}}", "state_dict", null)]
    [InlineData("{'a': t, 'b': t}", "", null)]
    public void A_second_network_beside_the_one_that_is_read_is_named(string checkpoint, string taken, string? other)
    {
        foreach (string path in Save(checkpoint))
        {
            using var file = TensorFiles.Open(path).Value();
            Assert.Equal(other is null ? [] : [$"reads {taken}; {other} holds another network and is left out"], file.Notes);
        }
    }

    [Theory]
    [InlineData("{'args': argparse.Namespace(lr=0.1, data='x'), 'state_dict': {'a': t}}")]
    [InlineData("{'best': numpy.float64(1), 'state_dict': {'a': t}}")]
    [InlineData("{'best': numpy.arange(3), 'path': pathlib.Path('x'), 'when': datetime.datetime(2020, 1, 2), 'state_dict': {'a': t}}")]
    [InlineData("{'counts': collections.defaultdict(int, a=1), 'more': collections.Counter('abc'), 'state_dict': {'a': t}}")]
    [InlineData("{'optimizer': torch.optim.SGD([torch.nn.Parameter(t)], 0.1), 'state_dict': {'a': t}}")]
    public void Objects_beside_the_tensors_are_passed_over(string expression)
    {
        foreach (string path in Save(expression))
        {
            using var file = TensorFiles.Open(path).Value();
            Assert.Equal("a", Assert.Single(file.Tensors).Name);
        }
    }

    [Fact]
    public void What_is_no_dictionary_of_tensors_is_an_error()
    {
        (string Expression, string Problem)[] cases =
        [
            ("[1]", "expected a dictionary of tensors, got a list"),
            ("{'a': 1}", "holds no tensors"),
            (
                "torch.nn.Linear(1, 1)",
                "expected a dictionary of tensors, got an object of class torch.nn.modules.linear.Linear: save model.state_dict() instead"
            ),
            (
                "{'model': torch.nn.Linear(1, 1)}",
                "holds no tensors; 'model' is an object of class torch.nn.modules.linear.Linear: save model.state_dict() instead"
            ),
            ("{(1,): torch.ones(1)}", "expected names of tensors, got a tuple"),
            ("{'a': torch.ones(1).expand(1000)}", "tensor of size [1000], stride [0] at 0: has more elements than its storage of 1"),
        ];
        foreach (var (path, problem) in Save(cases.Select(item => item.Expression)).Zip(cases.Select(item => item.Problem)))
            Assert.Equal($"{path}: {problem}", TensorFiles.Open(path).ErrorMessage());
    }

    [Fact]
    public void Deflated_archives_under_another_folder_are_read()
    {
        string output = Python.Run(
            "torch",
            $$"""
            import sys, torch, zipfile{{PrintTensors}}
            tensors = {'a': torch.arange(1000.), 'b': torch.arange(12).reshape(3, 4).t()}
            torch.save(tensors, sys.argv[1] + '.tmp')
            with zipfile.ZipFile(sys.argv[1] + '.tmp') as source, zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_DEFLATED) as target:
                for name in source.namelist():
                    target.writestr(name.replace('archive/', 'résumé/'), source.read(name))
            show(tensors)
            """,
            folder.File("a.pth")
        );
        using var file = TensorFiles.Open(folder.File("a.pth")).Value();
        Assert.Equal(output.TrimEnd('\n').Split('\n'), Print(file.Tensors));
    }
}
