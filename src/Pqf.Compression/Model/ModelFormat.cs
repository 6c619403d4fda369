using Pqf.Nets.Architectures;
using Pqf.Tensors;

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

    /// <summary>Whether a file of the format holds a network so that it can be read again. The graph of dense tensors may follow from
    /// their shapes, and users' own PyTorch code may have it; codes have no shapes.</summary>
    /// <param name="format">The format.</param>
    /// <param name="architecture">Which network.</param>
    /// <param name="isCompressed">Whether it has codes.</param>
    public static bool Holds(this ModelFormat format, Architecture architecture, bool isCompressed) =>
        !(format == ModelFormat.Pth && isCompressed && architecture.Options is GraphOptions);

    /// <summary>Why a <c>.pth</c> file does not hold a network.</summary>
    internal static string WithoutGraph(Architecture architecture) =>
        $"a .pth file has no place for a graph: nothing could read the compressed {Printable.Name(architecture.Title)} from it; expected "
        + ".pqf, .safetensors or .onnx";

    /// <summary>Refuses formats that do not hold a compressed network.</summary>
    internal static Result<Unit, PqfError> Check(IEnumerable<ModelFormat> formats, Architecture architecture) =>
        formats.All(format => format.Holds(architecture, true))
            ? default(Unit)
            : new PqfError.Config("command line", "format", WithoutGraph(architecture));

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
