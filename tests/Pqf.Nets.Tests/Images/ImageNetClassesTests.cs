using Pqf.Nets.Images;
using Pqf.Testing;
using Xunit;

namespace Pqf.Nets.Tests.Images;

public class ImageNetClassesTests
{
    [Fact]
    public void There_are_1000_in_order_of_their_wnids()
    {
        Assert.Equal(1000, ImageNetClasses.Table.All.Length);
        Assert.Equal(Enumerable.Range(0, 1000), ImageNetClasses.Table.All.Select(item => item.Index));
        Assert.Equal(
            ImageNetClasses.Table.All.Select(item => item.Wnid).Order(StringComparer.Ordinal),
            ImageNetClasses.Table.All.Select(item => item.Wnid)
        );
    }

    [Fact]
    public void A_wnid_is_found_and_another_is_not()
    {
        Assert.Equal(new ImageNetClass(436, "n02814533", "beach wagon"), ImageNetClasses.Table.Find("n02814533"));
        Assert.Null(ImageNetClasses.Table.Find("cats"));
    }

    [Fact]
    public void Names_are_those_of_the_list()
    {
        var lines = File.ReadLines(SharedData.Path("data/imagenet_classes.csv")).Skip(1);
        Assert.Equal(lines, ImageNetClasses.Table.All.Select(item => $"{item.Index},{item.Wnid},{item.Name}"));
    }
}
