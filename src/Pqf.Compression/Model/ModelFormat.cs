namespace Pqf.Compression.Model;

/// <summary>Kinds of network file.</summary>
public enum ModelFormat
{
    /// <summary>This project's compressed container.</summary>
    Pqf,

    /// <summary>PyTorch's.</summary>
    Pth,

    /// <summary>Safetensors.</summary>
    Safetensors,

    /// <summary>ONNX, for other runtimes.</summary>
    Onnx,
}

/// <summary>Names of network files.</summary>
public static class ModelFormats
{
    /// <summary>The end of the name of a format's files, dot included.</summary>
    public static string Extension(this ModelFormat format) =>
        format switch
        {
            ModelFormat.Pqf => ".pqf",
            ModelFormat.Pth => ".pth",
            ModelFormat.Onnx => ".onnx",
            _ => ".safetensors",
        };

    /// <summary>The format that a file's name asks for; null if it asks for none.</summary>
    public static ModelFormat? Of(string path) =>
        Path.GetExtension(path) switch
        {
            ".pqf" => ModelFormat.Pqf,
            ".pth" or ".pt" => ModelFormat.Pth,
            ".onnx" => ModelFormat.Onnx,
            ".safetensors" => ModelFormat.Safetensors,
            _ => null,
        };
}
