using Xunit;

namespace Pqf.Tensors.Tests;

public class ShapeDefaultTests
{
    [Fact]
    public void A_shape_without_axes_is_a_scalar_however_it_is_made()
    {
        Assert.Equal(1, new Shape().Count);
        Assert.Equal(1, default(Shape).Count);
        Assert.Equal(1, new Shape([]).Count);
        Assert.Equal(default, new Shape([]));
    }
}
