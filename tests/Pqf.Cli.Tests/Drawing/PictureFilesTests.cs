using Pqf.Cli.Drawing;
using Xunit;

namespace Pqf.Cli.Tests.Drawing;

public class PictureFilesTests
{
    [Fact]
    public void Photographs_that_are_JPEG_have_pictures_that_are()
    {
        string[] photographs = ["in/a.jpg", "in/b.JPEG", "in/c.png", "in/d.webp", "other/a.png"];
        Assert.Equal(
            ["out/a.jpg", "out/b.jpg", "out/c.png", "out/d.png", "out/a-2.png"],
            PictureFiles.Of([.. photographs], "out", PictureKind.Auto)
        );
        Assert.Equal(
            ["out/a.png", "out/b.png", "out/c.png", "out/d.png", "out/a-2.png"],
            PictureFiles.Of([.. photographs], "out", PictureKind.Png)
        );
        Assert.Equal(
            ["out/a.jpg", "out/b.jpg", "out/c.jpg", "out/d.jpg", "out/a-2.jpg"],
            PictureFiles.Of([.. photographs], "out", PictureKind.Jpg)
        );
    }

    [Fact]
    public void A_photograph_in_the_folder_of_the_pictures_keeps_its_name() =>
        Assert.Equal(["in/a.png", "in/b.jpg"], PictureFiles.Of(["in/a.jpg", "in/b.jpeg"], "in", PictureKind.Auto));
}
