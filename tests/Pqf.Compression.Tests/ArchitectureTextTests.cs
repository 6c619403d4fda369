using System.Text.Json;
using Pqf.Compression.Model;
using Pqf.Nets.Architectures;
using Pqf.Nets.Detection;
using Xunit;

namespace Pqf.Compression.Tests;

public class ArchitectureTextTests
{
    [Theory]
    [InlineData("resnet18", 1000)]
    [InlineData("maskrcnn", 91)]
    public void A_file_that_leaves_the_sizes_out_means_the_family_s(string name, int classCount) =>
        Assert.Equal(new Architecture(name, classCount, 3), Read($$"""{"name":"{{name}}"}"""));

    [Fact]
    public void Sizes_that_a_file_gives_are_taken()
    {
        Assert.Equal(
            new Architecture("maskrcnn", 1000, 1, 8),
            Read("""{"name":"maskrcnn","class_count":1000,"in_channels":1,"width":8}""")
        );
        Assert.Equal("""{"name":"maskrcnn","class_count":91,"in_channels":3}""", Written(new Architecture(MaskRcnn.Name)));
    }

    static Architecture Read(string json) => JsonSerializer.Deserialize(json, ModelJson.Default.ArchitectureText)!.ToArchitecture();

    static string Written(Architecture architecture) =>
        JsonSerializer.Serialize(ArchitectureText.Of(architecture), ModelJson.Default.ArchitectureText);
}
