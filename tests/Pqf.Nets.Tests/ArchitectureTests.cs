using Pqf.Nets.Architectures;
using Pqf.Nets.Families;
using Xunit;

namespace Pqf.Nets.Tests;

public class ArchitectureTests
{
    // The classes of ImageNet; of COCO, with the background (torchvision's weights).
    [Theory]
    [InlineData("resnet18", 1000)]
    [InlineData("maskrcnn", 91)]
    [InlineData("mobilenet_v2", 1000)]
    [InlineData("a name that no family has", 1000)]
    public void The_number_of_classes_is_the_family_s_by_default(string name, int classCount)
    {
        Assert.Equal(classCount, new Architecture(name).ClassCount);
        Assert.Equal(classCount, new Architecture(name, width: 8).ClassCount);
        Assert.Equal(7, new Architecture(name, 7).ClassCount);
    }

    [Fact]
    public void Every_name_has_the_usual_ends_of_its_family()
    {
        foreach (string name in Networks.Names.Add(GraphNetwork.Name))
        {
            var family = Networks.Find(name)!;
            Assert.Equal(new Architecture(name, family.DefaultClassCount, family.DefaultInChannels), new Architecture(name));
        }

        Assert.All(FamilyNetwork.Names, name => Assert.Equal(new Architecture(name, 1000, 3), new Architecture(name)));
    }
}
