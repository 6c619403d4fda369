using Pqf.Tensors.Formats;
using Pqf.Testing;
using Xunit;

namespace Pqf.Tensors.Tests.Formats;

public sealed class PyTorchWriteTests : IDisposable
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

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Every_type_and_shape_is_read_back()
    {
        var samples = TensorSamples.Of(RngKey.FromSeed(3), TorchTypes);
        PyTorchFile.Write(folder.File("a.pth"), samples).Value();
        using var file = TensorFiles.Open(folder.File("a.pth")).Value();

        Assert.Equal("PyTorch zip", file.Format);
        Assert.Equal(
            samples.Select(tensor => (tensor.Name, tensor.Type, tensor.Shape)),
            file.Tensors.Select(tensor => (tensor.Name, tensor.Type, tensor.Shape))
        );
        Assert.Equal(samples.Select(TensorSamples.BytesOf), file.Tensors.Select(TensorSamples.BytesOf));
    }

    [Fact]
    public void PyTorch_loads_weights_only()
    {
        var samples = TensorSamples.Of(RngKey.FromSeed(4), TorchTypes);
        PyTorchFile.Write(folder.File("a.pth"), samples).Value();
        string output = Python.Run(
            "torch",
            """
            import sys, torch
            state = torch.load(sys.argv[1], weights_only=True)
            for name, t in state.items():
                raw = (t.view(torch.int16) if t.dtype == torch.bfloat16 and t.dim() else t.float() if t.dtype == torch.bfloat16 else t).contiguous().numpy().tobytes()
                print(name, str(t.dtype), list(t.shape), raw.hex()[-8:] if t.dtype == torch.bfloat16 and not t.dim() else raw.hex(), t.data_ptr() % 64 if t.numel() else 0)
            torch.load(sys.argv[1])
            """,
            folder.File("a.pth")
        );
        string[] names =
        [
            "torch.bool",
            "torch.uint8",
            "torch.int8",
            "torch.int16",
            "torch.int32",
            "torch.int64",
            "torch.float16",
            "torch.bfloat16",
            "torch.float32",
            "torch.float64",
        ];
        var expected = samples.Select(tensor =>
            $"{tensor.Name} {names[Array.IndexOf(TorchTypes, tensor.Type)]} {tensor.Shape} {Hex(tensor)} 0"
        );
        Assert.Equal(expected, output.TrimEnd('\n').Split('\n'));

        // numpy has no bfloat16, and PyTorch no view of a scalar's bytes: that one is compared as a single.
        static string Hex(StoredTensor tensor) =>
            (tensor.Type == DType.BF16 && tensor.Shape.Rank == 0 ? "0000" : "") + Convert.ToHexStringLower(TensorSamples.BytesOf(tensor));
    }

    [Fact]
    public void A_network_of_PyTorch_takes_our_file()
    {
        StoredTensor[] tensors = [StoredTensor.FromSingles("weight", [1, 2], [1.5f, -2]), StoredTensor.FromSingles("bias", [1], [0.25f])];
        PyTorchFile.Write(folder.File("a.pth"), tensors).Value();
        string output = Python.Run(
            "torch",
            """
            import sys, torch, zipfile
            net = torch.nn.Linear(2, 1)
            net.load_state_dict(torch.load(sys.argv[1], weights_only=True))
            print(net(torch.tensor([[2., 1.]])).item(), zipfile.ZipFile(sys.argv[1]).testzip())
            """,
            folder.File("a.pth")
        );
        Assert.Equal("1.25 None\n", output);
    }

    [Fact]
    public void Data_are_aligned_to_64_bytes()
    {
        PyTorchFile
            .Write(
                folder.File("a.pth"),
                [
                    StoredTensor.FromValues<byte>("a", DType.U8, [5], [11, 22, 33, 44, 55]),
                    StoredTensor.FromValues<byte>("b", DType.U8, [5], [55, 44, 33, 22, 11]),
                ]
            )
            .Value();
        byte[] bytes = File.ReadAllBytes(folder.File("a.pth"));
        Assert.Equal(0, bytes.AsSpan().IndexOf(new byte[] { 11, 22, 33, 44, 55 }) % 64);
        Assert.Equal(0, bytes.AsSpan().IndexOf(new byte[] { 55, 44, 33, 22, 11 }) % 64);
    }

    [Fact]
    public void A_type_that_PyTorch_lacks_is_an_error() =>
        Assert.Equal(
            $"{folder.File("f")}: codes: PyTorch has no type for U16",
            PyTorchFile.Write(folder.File("f"), [StoredTensor.FromValues<ushort>("codes", DType.U16, [1], [1])]).ErrorMessage()
        );

    [Fact]
    public void A_name_twice_is_an_error() =>
        Assert.Equal(
            $"{folder.File("f")}: a: occurs twice",
            PyTorchFile
                .Write(folder.File("f"), [StoredTensor.FromSingles("a", [], [1]), StoredTensor.FromSingles("a", [], [1])])
                .ErrorMessage()
        );

    [Fact]
    public void A_large_file_is_written_and_read_tensor_by_tensor()
    {
        float[] values = new float[5_000_000]; // 20 MB, five times
        values[^1] = 7;
        PyTorchFile
            .Write(folder.File("a.pth"), Enumerable.Range(0, 5).Select(i => StoredTensor.FromSingles($"{i}", [5_000_000], values)))
            .Value();
        long before = GC.GetTotalAllocatedBytes(precise: true);
        using var file = TensorFiles.Open(folder.File("a.pth")).Value();
        float[] destination = new float[5_000_000];
        foreach (var tensor in file.Tensors)
            tensor.ReadSingles(destination);
        Assert.Equal(7, destination[^1]);
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 21_000_000);
    }
}
