using System.Text.Json;
using Pqf.Tensors.Formats;

namespace Pqf.Testing;

/// <summary>One case of the folder <c>reference</c>: inputs and outputs computed with PyTorch, and the scalar parameters.</summary>
public sealed class ReferenceCase : IDisposable
{
    readonly TensorFile file;
    readonly JsonDocument parameters;

    ReferenceCase(TensorFile file)
    {
        this.file = file;
        parameters = JsonDocument.Parse(file.Metadata["case"]);
    }

    /// <summary>Opens a case, such as <c>conv2d_0</c>; skips the test where the folder is absent.</summary>
    public static ReferenceCase Open(string name) =>
        new(
            TensorFiles
                .Open(SharedData.Path($"reference/{name}.safetensors"))
                .Match(file => file, error => throw new InvalidDataException(error.Message))
        );

    /// <summary>The scalar parameters: a JSON object.</summary>
    public JsonElement Parameters => parameters.RootElement;

    /// <summary>The tensors as they are in the file.</summary>
    public TensorFile File => file;

    /// <summary>An integer parameter.</summary>
    public int Integer(string name) => Parameters.GetProperty(name).GetInt32();

    /// <summary>A tensor's values as singles, in the file's order of axes (NCHW).</summary>
    public Numbers Read(string name)
    {
        var tensor = file.ByName[name];
        return new(tensor.Shape, tensor.ToSingles());
    }

    /// <summary>A tensor's values as codes, in the file's order.</summary>
    public ushort[] Codes(string name) => file.ByName[name].ToCodes();

    /// <inheritdoc/>
    public void Dispose()
    {
        parameters.Dispose();
        file.Dispose();
    }
}
