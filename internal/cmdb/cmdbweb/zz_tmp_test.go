package cmdbweb_test

import (
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/web/webtest"
)

func TestTmpLarge(t *testing.T) {
	h, _ := open(t, large(t, 2000, 7000))
	h.see("/map", 200)
	tab := webtest.Open(t, webtest.Browser(t))
	tab.Window(t, webtest.Desktop)
	const prep = `async function run(opt){var d=JSON.parse(document.getElementById("ek-map-data").textContent);`
	for range 2 {
		begin := time.Now()
		tab.Go(t, h.url+"/map", drawn)
		t.Logf("shown %v drawn %d", time.Since(begin), webtest.Ask[int64](t, tab, `+document.getElementById("ek-map").dataset.ekDrawn`))
	}
	run := func(name, js string) { t.Logf("%s: %s", name, webtest.Ask[string](t, tab, js)) }
	build := func(extra, tweak string) string {
		return `(async()=>{var old=ekMap,els=old.elements().jsons(),st=old.style().json();` + tweak + `
		var div=document.createElement("div");div.className="x";document.getElementById("ek-map").parentNode.append(div);div.setAttribute("id","zz");
		var s=new CSSStyleSheet();s.replaceSync("#zz{width:1100px;height:600px}");document.adoptedStyleSheets=[s];
		var b=performance.now(),c=cytoscape(Object.assign({container:div,elements:els,style:st,layout:{name:"preset",fit:false},minZoom:.001,maxZoom:3,autoungrabify:true,boxSelectionEnabled:false,textureOnViewport:true,hideEdgesOnViewport:true,pixelRatio:1},` + extra + `));
		var t1=performance.now()-b;c.viewport({zoom:old.zoom(),pan:old.pan()});
		await new Promise(r=>c.one("render",r));var t2=performance.now()-b;
		var pan=await new Promise(done=>{var n=0,b=performance.now();(function f(){c.panBy({x:5,y:3});if(++n<20)requestAnimationFrame(f);else done((performance.now()-b)/20)})()});
		var zo=await new Promise(done=>{var n=0,b=performance.now();(function f(){c.zoom(c.zoom()*1.05);if(++n<20)requestAnimationFrame(f);else done((performance.now()-b)/20)})()});
		c.destroy();div.remove();return "init "+Math.round(t1)+" first render "+Math.round(t2)+" pan "+pan.toFixed(0)+" zoom "+zo.toFixed(0)})()`
	}
	run("as is", build("{}", ""))
	run("no images", build("{}", `st=st.filter(x=>!/glyph/.test(x.selector));`))
	run("no corner", build("{}", `st.push({selector:"node",style:{shape:"rectangle"}});`))
	run("no label", build("{}", `st.push({selector:"node",style:{label:""}});`))
	run("no edges", build("{}", `els=els.filter(e=>e.group!=="edges");`))
	run("edge opacity 1", build("{}", `st.push({selector:"edge",style:{"line-opacity":1}});`))
	run("no texture", build("{textureOnViewport:false}", ""))
	run("webgl", build(`{renderer:{name:"canvas",webgl:true}}`, ""))
}
