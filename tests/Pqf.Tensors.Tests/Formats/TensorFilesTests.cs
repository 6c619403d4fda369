using Pqf.Tensors.Formats;
using Pqf.Testing;
using Xunit;

namespace Pqf.Tensors.Tests.Formats;

public sealed class TensorFilesTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Another_format_is_named_by_its_first_bytes()
    {
        string path = folder.Write("a.png", [0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10, 0, 0]);
        Assert.Equal(
            $"{path}: begins with the bytes 89504E470D0A1A0A; expected a .pqf, safetensors, PyTorch zip, PyTorch legacy or ONNX file",
            TensorFiles.Open(path).ErrorMessage()
        );
    }

    [Fact]
    public void An_empty_file_is_an_error()
    {
        string path = folder.Write("empty", []);
        Assert.Equal(
            $"{path}: is empty; expected a .pqf, safetensors, PyTorch zip, PyTorch legacy or ONNX file",
            TensorFiles.Open(path).ErrorMessage()
        );
    }

    [Fact]
    public void A_missing_file_is_an_error() =>
        Assert.Equal($"{folder.File("none")}: not found", TensorFiles.Open(folder.File("none")).ErrorMessage());

    [Fact]
    public void A_missing_folder_is_an_error() =>
        Assert.Equal($"{folder.File("no/file")}: its folder does not exist", TensorFiles.Open(folder.File("no/file")).ErrorMessage());

    [Fact]
    public void A_folder_is_an_error() =>
        Assert.Equal($"{folder.Path}: is a folder; expected a file", TensorFiles.Open(folder.Path).ErrorMessage());
}
