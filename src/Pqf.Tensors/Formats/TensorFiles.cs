using System.Text;

namespace Pqf.Tensors.Formats;

/// <summary>Opens tensor files of every known format.</summary>
public static class TensorFiles
{
    /// <summary>Opens a file, recognising its format by its contents: safetensors, PyTorch zip, PyTorch legacy or ONNX.</summary>
    /// <returns>The open file, to be disposed; an error that names the path if it cannot be read, is of another format, or is
    /// damaged.</returns>
    public static Result<TensorFile, PqfError> Open(string path)
    {
        MappedFile? file = null;
        try
        {
            file = new(path);
            var opened = Read(path, file);
            file = null; // now the opened file's
            return opened;
        }
        catch (Exception exception) when (IoProblem.IsExpected(exception))
        {
            return IoProblem.Error(path, exception);
        }
        finally
        {
            file?.Dispose();
        }
    }

    static TensorFile Read(string path, MappedFile file)
    {
        // An ONNX model may have a brace for its ninth byte; then its first eight, read as the length of a header, are far more than the
        // file.
        if (Safetensors.IsRecognised(file) && (Safetensors.HasHeader(file) || !OnnxFile.IsRecognised(file)))
            return Safetensors.Read(path, file);
        if (PyTorchFile.IsZip(file))
            return PyTorchFile.ReadZip(path, file);
        if (PyTorchFile.IsLegacy(file))
            return PyTorchFile.ReadLegacy(path, file);
        if (OnnxFile.IsRecognised(file))
            return OnnxFile.Read(path, file);
        throw new InvalidDataException($"{Found(file)}; expected a .pqf, safetensors, PyTorch zip, PyTorch legacy or ONNX file");
    }

    static bool StartsWith(MappedFile file, string text) =>
        Encoding
            .UTF8.GetString(file.Slice(0, Math.Min(file.Length, 64)))
            .TrimStart('\uFEFF', ' ', '\t', '\r', '\n')
            .StartsWith(text, StringComparison.OrdinalIgnoreCase);

    static string Found(MappedFile file) =>
        file.Length == 0 ? "is empty"
        : StartsWith(file, "version https://git-lfs") ? "is a Git LFS pointer, not the file itself (git lfs pull fetches it)"
        : StartsWith(file, "<") ? "is a web page or XML (a failed download?)"
        : $"begins with the bytes {Convert.ToHexString(file.Slice(0, Math.Min(file.Length, 8)))}";
}
