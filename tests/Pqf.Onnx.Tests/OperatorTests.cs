using Pqf.Testing;
using Xunit;

namespace Pqf.Onnx.Tests;

/// <summary>Each operation and each form of it, in the versions that change it: all our interpreters compute what ONNX Runtime
/// computes.</summary>
public class OperatorTests(DeviceSet devices) : DeviceTest(devices)
{
    // In parts of the largest value.
    const double Tolerance = 1e-4;

    public static TheoryData<string, int> Cases { get; } =
    [.. OperatorForms.All.SelectMany(form => form.Opsets.Select(opset => (form.Name, opset)))];

    [Theory]
    [MemberData(nameof(Cases))]
    public void An_operation_gives_what_ONNX_Runtime_gives(string name, int opset)
    {
        var form = OperatorForms.All.Single(form => form.Name == name && form.Opsets.Contains(opset));
        using var folder = new TemporaryFolder();
        string path = folder.File("model.onnx");
        File.WriteAllBytes(path, form.Model(opset).ToBytes());
        var found = ModelRuns.Compare(path, Use(DeviceKind.Host));
        Assert.True(found.Largest < Tolerance, $"{found}");
        if (form.Layers.Length > 0)
            Assert.Equal(form.Layers, found.Layers.Skip(2)); // the images, and the convolution before the form
    }
}
