using Pqf.Nets.Coco;
using Xunit;

namespace Pqf.Nets.Tests.Coco;

public class CocoClassesTests
{
    [Fact]
    public void Classes_are_those_of_COCO_s_files() =>
        Assert.Equal(CocoSamples.Read("reference/coco_ap/instances_val2014_100.json").Categories, CocoClasses.All);

    [Fact]
    public void Labels_are_numbers_of_classes_and_gaps_have_names_too()
    {
        Assert.Equal(91, CocoClasses.LabelNames.Length);
        Assert.Equal(
            ["background", "person", "class 12", "toothbrush"],
            new[] { 0, 1, 12, 90 }.Select(label => CocoClasses.LabelNames[label])
        );
    }
}
