using Pqf.Cli.Configuration;
using Pqf.Compression.Model;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Cli.Models;

/// <summary>Writes networks.</summary>
static class NetworkWriter
{
    /// <summary>The end of the name of a format's files, dot included.</summary>
    public static string Extension(ModelFormat format) =>
        format switch
        {
            ModelFormat.Pqf => ".pqf",
            ModelFormat.Pth => ".pth",
            ModelFormat.Onnx => ".onnx",
            _ => ".safetensors",
        };

    /// <summary>The format that a file's name asks for; null for none.</summary>
    public static ModelFormat? FormatOf(string path) =>
        Path.GetExtension(path) switch
        {
            ".pqf" => ModelFormat.Pqf,
            ".pth" or ".pt" => ModelFormat.Pth,
            ".onnx" => ModelFormat.Onnx,
            ".safetensors" => ModelFormat.Safetensors,
            _ => null,
        };

    /// <summary>Writes a network, whole or not at all. Quantised weights stay so; a network without any is written under PyTorch's dense
    /// names.</summary>
    /// <param name="path">The file.</param>
    /// <param name="format">Its kind.</param>
    /// <param name="model">The network.</param>
    public static Result<Unit, PqfError> Write(string path, ModelFormat format, PqfModel model)
    {
        using var scope = model.Parameters.Tensors().First().Device.BeginScope();
        return format switch
        {
            ModelFormat.Pqf => model.Write(path),
            ModelFormat.Pth => PyTorchFile.Write(path, Tensors(model)),
            ModelFormat.Onnx => model.WriteOnnx(path),
            _ => Safetensors.Write(path, Tensors(model), new Dictionary<string, string> { ["format"] = "pt" }),
        };
    }

    static IEnumerable<StoredTensor> Tensors(PqfModel model) =>
        model.Parameters.IsQuantised ? StateDict.Published(model.Graph, model.Parameters) : StateDict.Dense(model.Graph, model.Parameters);
}
